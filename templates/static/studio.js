// The studio: watches a job until it is settled, and copies an embed.

const job = document.querySelector("[data-job]");

async function look() {
  const answer = await fetch(job.dataset.job, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const said = await answer.json();
  job.querySelector("progress").value = said.percent;
  job.querySelector("[data-percent]").textContent = `${said.percent} %`;
  job.querySelector("[data-words]").textContent = said.shots.length
    ? `${said.words} (shots at ${said.shots.join(" %, ")} %)`
    : said.words;
  return said.settled;
}

async function watch() {
  let settled = false;
  try {
    settled = await look();
    job.querySelector("[data-trouble]").hidden = true;
  } catch {
    job.querySelector("[data-trouble]").hidden = false;
  }
  if (settled) location.reload();
  else setTimeout(watch, 1000);
}

if (job) watch();

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = "Copied";
  });
}

const picker = document.querySelector("[data-pick]");
if (picker) {
  const needs = () => {
    const chosen = picker.querySelector("[name=template]:checked");
    const row = document.querySelector("[data-needs-appearance]");
    row.hidden = !chosen || chosen.dataset.appearance !== "yes";
  };
  picker.addEventListener("change", needs);
  needs();
}

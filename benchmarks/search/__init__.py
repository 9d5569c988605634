"""How good search is, and how quick: judged queries over a generated shop of 20,000 products: `make bench-search`.

Every product is written as merchants write (stuffed titles, several units, three languages, missing kinds, decoys) and
kept beside what it truly is; search reads the first, grades come from the second, never from words. A product is as
good as its best variant that can be bought:

3  of the kind asked for, all hard conditions and all wishes hold
2  of that kind, all hard conditions, and at least half of the wishes hold
1  of that kind and all hard conditions hold; or a kind that would do at a pinch (earbuds for headphones), or a set that
   holds the kind, with at least half of the wishes
0  everything else: other kinds (what is made for the thing asked for among them), sold out, or a hard condition broken

Hard are limits of price, sizes worn on the body, the device an accessory must fit, what was asked not to be, and the
maker once a model was named. All else (colour, capacity, material, maker, length) is a wish. A query with nothing
above 0 in the whole shop wants no hits at all.

Three sets of queries: made from the truths by intent, in a half to tune by and a half nobody tunes by (a hash of the
text decides); a hundred written by hand before there was a search to look at; small ones over two real feeds.
"""

"""Tiny Wan folders with random weights, built from configs: the real classes and loader, no download."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModel,
    T5TokenizerFast,
    UMT5Config,
    UMT5EncoderModel,
)


def build_text_to_video(folder: Path) -> Path:
    """Wan 2.1 text-to-video."""
    torch.manual_seed(0)
    WanPipeline(**_text_parts(), transformer=_transformer(16), vae=_vae(), scheduler=_scheduler(3.0)).save_pretrained(
        folder
    )
    return folder


def build_image_to_video(folder: Path) -> Path:
    """Wan 2.1 image-to-video, with its CLIP image encoder."""
    torch.manual_seed(0)
    vision = CLIPVisionConfig(
        hidden_size=4,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        intermediate_size=16,
        patch_size=4,
    )
    WanImageToVideoPipeline(
        **_text_parts(),
        transformer=_transformer(36, image_dim=4, added_kv_proj_dim=24),
        vae=_vae(),
        scheduler=_scheduler(3.0),
        image_encoder=CLIPVisionModel(vision).eval(),
        image_processor=CLIPImageProcessor(crop_size=32, size=32),
    ).save_pretrained(folder)
    return folder


def build_both(folder: Path) -> Path:
    """Wan 2.2 TI2V: one folder that takes text alone or text with an image (`expand_timesteps`)."""
    torch.manual_seed(0)
    WanPipeline(
        **_text_parts(),
        transformer=_transformer(48),
        vae=_vae_22(),
        scheduler=_scheduler(5.0),
        expand_timesteps=True,
    ).save_pretrained(folder)
    return folder


def _text_parts() -> dict[str, Any]:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    pieces += [(letter, -3.0) for letter in string.printable.strip()]
    tokenizer = T5TokenizerFast(vocab=pieces, extra_ids=8, model_max_length=512)
    config = UMT5Config(
        vocab_size=len(tokenizer) + 8,
        d_model=32,
        d_kv=8,
        d_ff=37,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
    )
    return {"tokenizer": tokenizer, "text_encoder": UMT5EncoderModel(config).eval()}


def _transformer(channels: int, **image_parts: int) -> WanTransformer3DModel:
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=channels,
        out_channels=min(channels, 16) if channels != 48 else 48,
        text_dim=32,
        freq_dim=64,
        ffn_dim=32,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=64,
        **image_parts,
    )


def _vae() -> AutoencoderKLWan:
    return AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )


def _vae_22() -> AutoencoderKLWan:
    return AutoencoderKLWan(
        base_dim=3,
        z_dim=48,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        is_residual=True,
        in_channels=12,
        out_channels=12,
        patch_size=2,
        latents_mean=[0.0] * 48,
        latents_std=[1.0] * 48,
        scale_factor_spatial=16,
    )


def _scheduler(flow_shift: float) -> UniPCMultistepScheduler:
    return UniPCMultistepScheduler(
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        num_train_timesteps=1000,
        flow_shift=flow_shift,
    )

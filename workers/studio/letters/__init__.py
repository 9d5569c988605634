"""Words as sprites: fonts, scripts and shaping, what a text says set in lines, stickers, captions burned in."""

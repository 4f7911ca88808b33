"""Pure media: access units, H.264/H.265 NAL units, init segments and fragments. No I/O."""

"""A frame from its draws: pictures, clips and grounds come in, props are painted once, and laid out on planes."""

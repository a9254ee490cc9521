"""The pack: what is asked, what is right, and the small language both are written in."""

"""Blender scenes behind the demo shop's pictures (needs the ``bpy`` wheel; nothing else imports it)."""

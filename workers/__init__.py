"""What toils: the Celery tasks, the film studio and the video generators."""

"""The rules of the pre-flight check, by what they look at: the file, the words, the picture, the truth."""

"""The Python face: what `import noonbit` hands out."""

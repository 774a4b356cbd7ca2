"""The content of challenges: the text, the picture and the sound of a code, and the answers of passkeys."""

"""What the pages share: guard, navigation, theme, formats, reads, the live sidebar."""

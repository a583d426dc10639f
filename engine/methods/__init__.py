"""The methods: pure functions behind the stages, without input or output."""

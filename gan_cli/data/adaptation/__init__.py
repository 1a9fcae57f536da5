"""Two domains of labelled images, of which a model is told the labels of one."""

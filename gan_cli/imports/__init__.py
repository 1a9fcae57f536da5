"""Weights from elsewhere: files of the papers' authors and others, as checkpoints of gan-cli. No torch is needed here.

A format is a file of this folder: a table of the authors' names beside ours, and what the shapes tell of a network.
"""

FORMATS = ("pix2pix", "cyclegan", "stargan", "stargan_v2", "stylegan2", "srgan", "biggan", "vqgan", "sngan")
"""The formats, each the name of a file of this folder."""

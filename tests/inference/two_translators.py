"""`gan translate` on two processes: `python -m tests.inference.two_translators CKPT`, in the folder of the inputs."""

import sys

from gan_cli.__main__ import main

CPU = ("--trainer.accelerator", "cpu", "--trainer.devices", "2", "--trainer.strategy", "ddp")

if __name__ == "__main__":
    common = ("translate", "--ckpt", sys.argv[1], "--gallery", *CPU)
    main([*common, "--input", "photos/a.png", "--output", "one"])
    sys.exit(main([*common, "--input", "photos", "--output", "many"]))

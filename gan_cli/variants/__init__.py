"""One file per paper, one LightningModule per file."""

from gan_cli.variants.acgan import ACGAN
from gan_cli.variants.adain import AdaIN
from gan_cli.variants.adda import ADDA
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.biggan import BigGAN
from gan_cli.variants.caption_gan import CaptionGAN
from gan_cli.variants.cgan import CGAN
from gan_cli.variants.colorization import Colorization
from gan_cli.variants.conditional_vgan import ConditionalVGAN
from gan_cli.variants.context_encoder import ContextEncoder
from gan_cli.variants.cut import CUT
from gan_cli.variants.cyclegan import CycleGAN
from gan_cli.variants.dann import DANN
from gan_cli.variants.dcgan import DCGAN
from gan_cli.variants.deblurgan import DeblurGAN
from gan_cli.variants.dtn import DTN
from gan_cli.variants.dvdgan import DVDGAN
from gan_cli.variants.esrgan import ESRGAN
from gan_cli.variants.fastgan import FastGAN
from gan_cli.variants.frame_prediction import FramePrediction
from gan_cli.variants.gan import GAN
from gan_cli.variants.gan_cls import GANCLS
from gan_cli.variants.icgan import IcGAN
from gan_cli.variants.living_portraits import LivingPortraits
from gan_cli.variants.lsgan import LSGAN
from gan_cli.variants.midinet import MidiNet
from gan_cli.variants.perceptual_gan import PerceptualGAN
from gan_cli.variants.pix2pix import Pix2Pix
from gan_cli.variants.pixelda import PixelDA
from gan_cli.variants.progressive_gan import ProgressiveGAN
from gan_cli.variants.projected_gan import ProjectedGAN
from gan_cli.variants.r3gan import R3GAN
from gan_cli.variants.sagan import SAGAN
from gan_cli.variants.sgan import SGAN
from gan_cli.variants.sngan import SNGAN
from gan_cli.variants.social_gan import SocialGAN
from gan_cli.variants.spade import SPADE
from gan_cli.variants.srgan import SRGAN
from gan_cli.variants.stackgan import StackGAN
from gan_cli.variants.stackgan_pp import StackGANpp
from gan_cli.variants.stargan import StarGAN
from gan_cli.variants.stargan_v2 import StarGANv2
from gan_cli.variants.style_transfer import StyleTransfer
from gan_cli.variants.stylegan import StyleGAN
from gan_cli.variants.stylegan2 import StyleGAN2
from gan_cli.variants.tp_gan import TPGAN
from gan_cli.variants.vgan import VGAN
from gan_cli.variants.voxel_gan import VoxelGAN
from gan_cli.variants.vq_transformer import VQTransformer
from gan_cli.variants.vqgan import VQGAN
from gan_cli.variants.wgan import WGAN
from gan_cli.variants.wgan_gp import WGANGP
from gan_cli.variants.wgan_lp import WGANLP

__all__ = [
    "ACGAN",
    "ADDA",
    "CGAN",
    "CUT",
    "DANN",
    "DCGAN",
    "DTN",
    "DVDGAN",
    "ESRGAN",
    "GAN",
    "GANCLS",
    "LSGAN",
    "R3GAN",
    "SAGAN",
    "SGAN",
    "SNGAN",
    "SPADE",
    "SRGAN",
    "TPGAN",
    "VGAN",
    "VQGAN",
    "WGAN",
    "WGANGP",
    "WGANLP",
    "AdaIN",
    "AdversarialModule",
    "BigGAN",
    "CaptionGAN",
    "Colorization",
    "ConditionalVGAN",
    "ContextEncoder",
    "CycleGAN",
    "DeblurGAN",
    "FastGAN",
    "FramePrediction",
    "IcGAN",
    "LivingPortraits",
    "MidiNet",
    "PerceptualGAN",
    "Pix2Pix",
    "PixelDA",
    "ProgressiveGAN",
    "ProjectedGAN",
    "SocialGAN",
    "StackGAN",
    "StackGANpp",
    "StarGAN",
    "StarGANv2",
    "StyleGAN",
    "StyleGAN2",
    "StyleTransfer",
    "VQTransformer",
    "VoxelGAN",
]

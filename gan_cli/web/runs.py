"""The tab Runs."""

from fastapi import APIRouter


def router() -> APIRouter:
    """What the tab asks for."""
    return APIRouter()

"""The shape this project began with: Flask, and a token that is verified for each request, its key read each time."""

import os
from pathlib import Path
from typing import Any

import jwt
from flask import Flask, jsonify, request

app = Flask(__name__)
PEM, ISSUER = Path(os.environ["TESTS_PEM"]).read_text(), os.environ["TESTS_ISSUER"]
KEPT = {"status": "running", "progress": 40, "prompt": "a cat", "created_at": "2026-01-01T00:00:00Z", "error": None}


@app.get("/api/images/<job_id>/status")
def status(job_id: str) -> Any:
    token = request.headers.get("Authorization", "").partition(" ")[2]
    claims = jwt.decode(token, PEM, algorithms=["RS256"], issuer=ISSUER, options={"require": ["exp", "iat", "sub"]})
    return jsonify(job_id=job_id, user_id=claims["sub"], **KEPT)

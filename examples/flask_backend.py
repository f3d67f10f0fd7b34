"""A Flask application that was there before, and asks Estampe's verifier who calls it.

    ESTAMPE_CLERK_PUBLISHABLE_KEY=pk_live_… flask --app examples/flask_backend.py run

The refusals are in French: « Token d'authentification manquant ».
"""

from flask import Flask, g, request

from estampe.verify import EstampeError, Verifier

app = Flask(__name__)


@app.get("/bonjour")
def bonjour():
    return {"bonjour": g.who.user_id, "organisation": g.who.organization_id}


# What protects it:
verifier = Verifier()


@app.before_request
def signed_in():
    if request.method != "OPTIONS":  # a browser's preflight never has a token
        g.who = verifier.signed_in(request.headers.get("Authorization"))


@app.errorhandler(EstampeError)
def refused(error):
    return {"code": error.code, "title": error.title.fr}, error.status, {"WWW-Authenticate": "Bearer"}

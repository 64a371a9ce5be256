"""Runs ``bandstand sandbox`` with the arguments that it is given."""

import argparse
import sys

from server.commands.sandbox import add_sandbox_arguments, run_sandbox_command

parser = argparse.ArgumentParser()
add_sandbox_arguments(parser)
sys.exit(run_sandbox_command(parser.parse_args()))

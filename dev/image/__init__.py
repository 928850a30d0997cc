"""What a build of the images runs inside: see the Dockerfile."""

/** The Docker config file, or a helper that it names, cannot be used; the message says which and why. */
export class DockerConfigError extends Error {
  override readonly name = 'DockerConfigError';
}

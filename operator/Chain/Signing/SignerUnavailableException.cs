namespace Federation.Chain.Signing;

/// <summary>The operator's key cannot be had now: nothing was signed, and nothing is lost. The message is for people.</summary>
public sealed class SignerUnavailableException(string message, Exception inner) : Exception(message, inner);

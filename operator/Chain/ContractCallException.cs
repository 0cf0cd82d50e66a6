namespace Federation.Chain;

/// <summary>A transaction that a contract refused, that could not be sent, or that did not make it into a block.</summary>
public sealed class ContractCallException(string message, Exception? inner = null) : Exception(message, inner);

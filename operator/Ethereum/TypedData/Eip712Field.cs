namespace Federation.Ethereum.TypedData;

/// <summary>One member of an EIP-712 struct type.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">An elementary ABI type, a struct's name, or an array of these.</param>
public sealed record Eip712Field(string Name, string Type);

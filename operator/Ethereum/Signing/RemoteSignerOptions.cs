namespace Federation.Ethereum.Signing;

/// <summary>How a signing service wants typed data.</summary>
public sealed record RemoteSignerOptions
{
    /// <summary>Web3Signer calls it <c>eth_signTypedData</c>.</summary>
    public string TypedDataMethod { get; init; } = "eth_signTypedData_v4";

    /// <summary>True to send the typed data as a JSON text, false as a JSON object.</summary>
    public bool TypedDataAsText { get; init; } = true;
}

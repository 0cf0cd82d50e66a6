namespace Federation.Application.Ports;

/// <summary>Who asks for what is not everybody's to see.</summary>
public interface IReaderProof
{
    /// <exception cref="LedgerException">Who asks may be a contract, and the chain cannot be read.</exception>
    Task<ReaderIdentity> WhoAsync(ReaderClaim claim, CancellationToken cancellation);
}

/// <summary>What somebody shows who asks for something of a lease.</summary>
/// <param name="Host">Host, and port if it is not the scheme's own, that is asked: of the endpoint that the datacenter is registered with.</param>
/// <param name="Lease">URL of the lease there: nothing that is signed for more counts.</param>
/// <param name="Url">What is asked for: that URL, or one below it.</param>
/// <param name="Message">Text that was signed; empty: none.</param>
/// <param name="Signature">0x hex.</param>
public sealed record ReaderClaim(string Host, string Lease, string Url, string Message, string Signature);

/// <param name="Address">EIP-55; empty when it is not shown who asks.</param>
/// <param name="Problem">Why not, and what to do; empty when it is.</param>
public sealed record ReaderIdentity(string Address, string Problem);

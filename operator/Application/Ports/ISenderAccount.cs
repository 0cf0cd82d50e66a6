using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>The key that the operator sends with, and its ether.</summary>
public interface ISenderAccount
{
    Task<SenderStanding> ReadAsync(CancellationToken cancellation);
}

/// <param name="Address">Of the key.</param>
/// <param name="SignerProblem">Why nothing can be signed now, for people; null when it can.</param>
/// <param name="Balance">Wei; null: not known now.</param>
/// <param name="Needed">Wei that one full transaction costs at the present price; null: not known now.</param>
public sealed record SenderStanding(string Address, string? SignerProblem, BigInteger? Balance, BigInteger? Needed)
{
    /// <summary>Why what was sent before cannot be read, for people: nothing is sent beside it. Null when it can, or nobody has read it yet.</summary>
    public string? JournalProblem { get; init; }
}

using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Testing.Chain;

/// <summary>Payers whose word is one text, and who all have as much.</summary>
public sealed class FixedPayers : IPayers
{
    /// <summary>The only signature that is one.</summary>
    public const string Word = "0x01";

    /// <summary>Smallest units that each payer has.</summary>
    public BigInteger Funds { get; set; } = BigInteger.Pow(10, 30);

    /// <summary>How often a signature was looked at.</summary>
    public int Checked { get; private set; }

    public Task<bool> HasAskedAsync(RequestTerms request, string signature, CancellationToken cancellation)
    {
        Checked++;
        return Task.FromResult(signature == Word);
    }

    public Task<bool> HasAskedAsync(LeaseId lease, RequestTerms request, string signature, CancellationToken cancellation) => HasAskedAsync(request, signature, cancellation);

    /// <summary>Leases that have taken their escrow already.</summary>
    public HashSet<LeaseId> Matched { get; } = [];

    public Task<PayerFunds> ReadFundsAsync(RequestTerms request, IReadOnlyList<LeaseId> promised, CancellationToken cancellation) =>
        Task.FromResult(new PayerFunds(Funds, promised.Where(Matched.Contains).ToHashSet()));
}

using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Federation.Harness.Demo;

/// <summary>What one lease came to. Money in smallest units of the token.</summary>
/// <param name="TruthCpuSeconds">By the kernel: the pods' cgroups, read beside everything else.</param>
/// <param name="MeteredCpuSeconds">By the last receipt that the contract took.</param>
/// <param name="Deposited">Escrow at the match and all top-ups.</param>
/// <param name="Priced">What the last receipt's usage costs by the lease's price book.</param>
/// <param name="Paid">Gross: the provider's part, royalty and protocol fee.</param>
/// <param name="Held">Escrow, and what was claimed and is not yet paid.</param>
/// <param name="Outcome">Close reason on chain.</param>
public sealed record LeaseRow(
    string Story,
    string LeaseId,
    string Datacenter,
    string Outcome,
    double TruthCpuSeconds,
    double MeteredCpuSeconds,
    ulong GpuMilliSeconds,
    BigInteger Deposited,
    BigInteger Priced,
    BigInteger Paid,
    BigInteger Refunded,
    BigInteger Held)
{
    /// <summary>What the contract owes for the last receipt, to the unit, computed here: its price less the downtime's credit, within the capacity's price, at least the minimum charge, without what was ruled the tenant's.</summary>
    public BigInteger Earned { get; init; }

    /// <summary>No more than was put in, where that was used up.</summary>
    public BigInteger Owed => BigInteger.Min(Earned, Deposited);

    /// <summary>Metered minus truth as a share of truth; 0 when there was no work.</summary>
    public double Difference => TruthCpuSeconds <= 0 ? 0 : (MeteredCpuSeconds - TruthCpuSeconds) / TruthCpuSeconds;
}

/// <summary>Who holds what in the Vault, smallest units; beside it is what leases hold.</summary>
/// <param name="VaultTokens">All that the Vault holds of the token.</param>
/// <param name="StakePaidIn">What the providers staked when they registered.</param>
/// <param name="FreeStake">Of the stake, what no lease has locked.</param>
/// <param name="Burned">Slashed stake that went to nobody.</param>
public sealed record DemoBalances(
    BigInteger VaultTokens, BigInteger Tenant, BigInteger Providers, BigInteger Royalties, BigInteger ProtocolFee, BigInteger Staked, BigInteger FreeStake, BigInteger StakePaidIn, BigInteger Burned)
{
    public BigInteger All => Tenant + Providers + Royalties + ProtocolFee + Staked + Burned;
}

/// <summary>The demo's end: every row, the sums, and the invariants that make or break it.</summary>
public sealed record DemoReport(
    IReadOnlyList<LeaseRow> Leases,
    IReadOnlyList<string> Refusals,
    DemoBalances Balances,
    IReadOnlyDictionary<string, double> Figures)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private const double LargestShortfall = 0.01;
    private const double WorthComparing = 60 * 0.2;

    public IReadOnlyList<Invariant> Invariants => [.. Leases.SelectMany(OfLease), .. OfAll()];

    public bool Holds => Invariants.All(i => i.Holds);

    private IEnumerable<Invariant> OfAll()
    {
        var deposited = Sum(r => r.Deposited);
        yield return new("deposits = paid + refunds + held", deposited == Sum(r => r.Paid) + Sum(r => r.Refunded) + Sum(r => r.Held));
        yield return new(
            "deposits = providers + royalties + protocol fee + refunds + held",
            deposited == Balances.Providers + Balances.Royalties + Balances.ProtocolFee + Sum(r => r.Refunded) + Sum(r => r.Held));
        yield return new("what the contract paid = what providers, author and protocol hold", Sum(r => r.Paid) == Balances.Providers + Balances.Royalties + Balances.ProtocolFee);
        yield return new("tokens in the Vault = providers + royalties + protocol fee + tenant + held + stake", Balances.VaultTokens == Balances.All + Sum(r => r.Held));
        yield return new("no stake is gone, and none is locked any more", Balances.Staked == Balances.FreeStake && Balances.Staked == Balances.StakePaidIn);
        yield return new("the impossible GPU was refused by every datacenter, with a reason", Refusals.Count > 0 && Refusals.All(r => r.Length > 0));
    }

    private static IEnumerable<Invariant> OfLease(LeaseRow row)
    {
        yield return new($"{row.Story}: closed, nothing held", row.Held.IsZero);
        yield return new($"{row.Story}: deposit = paid + refunded", row.Deposited == row.Paid + row.Refunded);
        yield return new($"{row.Story}: paid = what its last receipt comes to by the lease's terms, to the unit", row.Paid == row.Owed && row.Paid.Sign > 0);
        yield return new($"{row.Story}: paid <= priced usage", row.Paid <= row.Priced);
        yield return new($"{row.Story}: metered <= truth", row.MeteredCpuSeconds <= row.TruthCpuSeconds);
        if (row.TruthCpuSeconds >= WorthComparing)
            yield return new($"{row.Story}: metered within 1 % of truth", row.Difference >= -LargestShortfall);
    }

    private BigInteger Sum(Func<LeaseRow, BigInteger> of) => Leases.Aggregate(BigInteger.Zero, (sum, row) => sum + of(row));

    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var document = new
        {
            leases = Leases.Select(r => new
            {
                r.Story, r.LeaseId, r.Datacenter, r.Outcome, r.TruthCpuSeconds, r.MeteredCpuSeconds, difference = r.Difference, r.GpuMilliSeconds,
                deposited = Text(r.Deposited), priced = Text(r.Priced), earned = Text(r.Earned), paid = Text(r.Paid), refunded = Text(r.Refunded), held = Text(r.Held),
            }),
            refusals = Refusals,
            sums = new
            {
                deposited = Text(Sum(r => r.Deposited)), paid = Text(Sum(r => r.Paid)), refunded = Text(Sum(r => r.Refunded)), held = Text(Sum(r => r.Held)),
                vaultTokens = Text(Balances.VaultTokens), providers = Text(Balances.Providers), royalties = Text(Balances.Royalties),
                protocolFee = Text(Balances.ProtocolFee), tenantVaultBalance = Text(Balances.Tenant), staked = Text(Balances.Staked),
            },
            figures = Figures,
            invariants = Invariants.Select(i => new { i.Name, i.Holds }),
        };
        File.WriteAllText(path, JsonSerializer.Serialize(document, Json));
    }

    private static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);
}

public sealed record Invariant(string Name, bool Holds);

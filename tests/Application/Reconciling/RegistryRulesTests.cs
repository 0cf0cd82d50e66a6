using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Testing.Builders;
using Federation.Testing.Cluster;

namespace Federation.Application.Tests.Reconciling;

public sealed class RegistryRulesTests
{
    private const long Now = 1_000_000;
    private const long Soon = Now + (14 * 86_400);
    private static readonly DatacenterSpec Spec = Quoting.QuoterTests.Datacenter.Spec;
    private static readonly DatacenterSpec Whole = Spec with { Payout = Some.Provider.ToUpperInvariant().Replace("0X", "0x", StringComparison.Ordinal), Capabilities = 5, Stake = 400, Auditors = [Some.Tenant, Some.Token] };

    private static readonly RegistryStanding Right = new FixedRegistry().Standing with
    {
        Payout = Some.Provider, Capabilities = 5, Attestations = [new(Some.Tenant, 7, Soon + 1), new(Some.Token, 5, Soon + 2)],
    };

    private static readonly Dictionary<string, (string Type, string Says, Func<RegistryStanding, RegistryStanding> Change)> Differing = new()
    {
        ["NotPublished"] = ("PriceBookPublished", "cast send prices", s => s with { PriceBook = "0x" + new string('0', 64) }),
        ["PriceBookDiffers"] = ("PriceBookPublished", "0x0c, spec.prices come to 0x0b", s => s with { PriceBook = "0x0c" }),
        ["PayoutDiffers"] = ("PayoutMatches", "cast send entry", s => s with { Payout = Some.Tenant }),
        ["CapabilitiesDiffer"] = ("CapabilitiesMatch", "claims 0xff, spec.capabilities is 0x5", s => s with { Capabilities = 255 }),
        ["StakeTooLow"] = ("StakeSuffices", "399 of the stake of 1000 is free, spec.stake is 400", s => s with { FreeStake = 399 }),
        ["NotAttested"] = ("Attested", Some.Tenant, s => s with { Attestations = [new(Some.Tenant, 0, 0), s.Attestations[1]] }),
        ["AttestationEnded"] = ("Attested", "1970-01-12 13:46Z", s => s with { Attestations = [s.Attestations[0], new(Some.Token, 5, Now)] }),
        ["CapabilityNotAttested"] = ("Attested", "does not attest the bits 0x4", s => s with { Attestations = [new(Some.Tenant, 1, Soon + 1), s.Attestations[1]] }),
    };

    public static TheoryData<string> Reasons => [.. Differing.Keys];

    [Fact]
    public void RegistryThatSaysTheSame_IsRight_InEveryMatterThatTheSpecNames()
    {
        Assert.Equal(["PriceBookPublished", "PayoutMatches", "CapabilitiesMatch", "StakeSuffices", "Attested"], RegistryRules.Compare(Whole, Right, Now).Select(c => c.Type));
        Assert.All(RegistryRules.Compare(Whole, Right, Now), c => Assert.Equal(ConditionStatus.True, c.Status));
        Assert.Equal(["PriceBookPublished"], RegistryRules.Compare(Spec, Right, Now).Select(c => c.Type));
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Difference_IsSaid_InItsOwnConditionAlone_WithWhatMendsIt(string reason)
    {
        var (type, says, change) = Differing[reason];
        var wrong = Assert.Single(RegistryRules.Compare(Whole, change(Right), Now), c => c.Status != ConditionStatus.True);
        Assert.Equal((type, ConditionStatus.False, reason), (wrong.Type, wrong.Status, wrong.Reason));
        Assert.Contains(says, wrong.Message, StringComparison.OrdinalIgnoreCase);
    }

    public static TheoryData<string, string> Mended => new()
    {
        { "NotRegistered", "cast send entry" }, { "OperatorKeyDiffers", "cast send entry" }, { "NotActive", "cast send activate" }, { "EndpointDiffers", "cast send entry" },
        { "RegionDiffers", "cast send entry" }, { "NoFreeStake", "cast send stake" },
    };

    // Whoever reads it is to copy it.
    [Theory]
    [MemberData(nameof(Mended))]
    public void EntryThatIsWrong_IsSaid_WithTheCallThatMendsIt(string reason, string call)
    {
        var said = RegistrationRules.Check(Spec, DatacenterReporterTests.Differing[reason](Right));
        Assert.Equal((ConditionStatus.False, reason), (said.Status, said.Reason));
        Assert.EndsWith($": {call}", said.Message, StringComparison.Ordinal);
    }

    // A text that nobody filled in is of no use to who reads it.
    [Fact]
    public void EveryMessage_IsFilledIn()
    {
        var said = DatacenterReporterTests.Differing.Values.Select(change => RegistrationRules.Check(Whole, change(Right)))
            .Concat(Differing.Values.SelectMany(d => RegistryRules.Compare(Whole, d.Change(Right), Now)).Where(c => c.Status == ConditionStatus.False)).ToArray();
        Assert.Equal(DatacenterReporterTests.Differing.Count + Differing.Count, said.Length);
        Assert.All(said, c => Assert.DoesNotContain('{', c.Message));
        Assert.All(said.Where(c => c.Reason is not ("NotAttested" or "AttestationEnded" or "CapabilityNotAttested")), c => Assert.Contains(": cast send ", c.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void AttestationThatEndsWithinTwoWeeks_IsWarnedOf_AndGoodTillThen()
    {
        var ending = Right with { Attestations = [Right.Attestations[0], new(Some.Token, 5, Soon)] };
        var warned = RegistryRules.Compare(Whole, ending, Now).Single(c => c.Type == "Attested");
        Assert.Equal((ConditionStatus.True, "EndsSoon"), (warned.Status, warned.Reason));
        Assert.Contains(Some.Token, warned.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Some.Tenant, warned.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void CapabilitiesThatTheSpecLeavesOut_AreThoseThatTheRegistryClaims()
    {
        var attested = RegistryRules.Compare(Whole with { Capabilities = null }, Right with { Capabilities = 8 }, Now).Single(c => c.Type == "Attested");
        Assert.Equal("CapabilityNotAttested", attested.Reason);
    }

    [Fact]
    public void RegistryThatCannotBeRead_OrHasNoEntry_IsNoDifference()
    {
        Assert.All(RegistryRules.Compare(Whole, null, Now), c => Assert.Equal((ConditionStatus.Unknown, "ChainUnavailable"), (c.Status, c.Reason)));
        Assert.All(RegistryRules.Compare(Whole, Right with { Operator = Some.NoAddress }, Now), c => Assert.Equal((ConditionStatus.False, "NotRegistered"), (c.Status, c.Reason)));
    }
}

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Federation.Chain.Bindings;
using Federation.Chain.Mapping;
using Federation.Chain.Signing;
using Federation.Chain.Tests.Support;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.TypedData;

namespace Federation.Chain.Tests.Signing;

/// <summary>The vectors that forge wrote and checks: both languages hash and price to the bit.</summary>
public class VectorTests
{
    [Fact]
    public void Offers_HashAsInTheContract() => AssertDigests<Offer>("offers", (c, a, o) => new OrderDomain(c, a).Typed(o), o => Through(o, o.ToDomain().ToContract(o.Provider, o.Token, o.RequestHash, o.Counter)));

    [Fact]
    public void Requests_HashAsInTheContract() => AssertDigests<Request>("requests", (c, a, r) => new OrderDomain(c, a).Typed(r), r => Through(r, r.ToDomain().ToContract()));

    [Fact]
    public void Receipts_HashAsInTheContract() => AssertDigests<UsageReceipt>("receipts", (c, a, r) => new LeaseDomain(c, a).Typed(r), r => Through(r, r.ToDomain().ToContract()));

    [Fact]
    public void Amendments_HashAsInTheContract() => AssertDigests<Amendment>("amendments", (c, a, m) => new LeaseDomain(c, a).Typed(m), m => m);

    [Fact]
    public void Attestations_HashAsInTheContract() => AssertDigests<Attestation>("attestations", (c, a, w) => new AttestationDomain(c, a).Typed(w), w => w);

    [Fact]
    public void Leases_IdTermsAndReserveAsInTheContract()
    {
        foreach (var one in Cases("leases"))
        {
            var terms = Terms.FromAbi(Values(Terms.AbiType, one.GetProperty("terms")));
            Assert.Equal(one.GetProperty("termsHash").GetString(), terms.Hash().ToString());
            Assert.Equal(one.GetProperty("termsHash").GetString(), terms.ToDomain().ToContract().Hash().ToString());
            var id = LeaseMapping.LeaseIdOf(Bytes32.Parse(one.GetProperty("requestHash").GetString()!), (uint)Number(one.GetProperty("fillIndex")));
            Assert.Equal(one.GetProperty("leaseId").GetString(), id.ToString());
            Assert.Equal(Number(one.GetProperty("closingReserve")), Accrual.ClosingReserve(terms.ToDomain()));
            var usage = Usage.FromAbi(Values(Usage.AbiType, one.GetProperty("usage")));
            Assert.Equal(Number(one.GetProperty("due")), Accrual.Due(terms.ToDomain(), usage.ToDomain(), (uint)Number(one.GetProperty("downSeconds"))));
        }
    }

    [Fact]
    public void Types_AreThoseOfTheContract()
    {
        using var document = JsonDocument.Parse(Repository.Vectors("typehashes"));
        foreach (var (name, type) in new Dictionary<string, AbiType>
        {
            ["Offer"] = Offer.AbiType, ["Request"] = Request.AbiType, ["UsageReceipt"] = UsageReceipt.AbiType,
            ["Amendment"] = Amendment.AbiType, ["Attestation"] = Attestation.AbiType,
        })
        {
            var typed = Eip712TypedData.For(new Eip712Domain { Name = "x" }, type, Values(type, null));
            Assert.Equal(document.RootElement.GetProperty(name).GetProperty("type").GetString(), typed.EncodeType());
        }
    }

    private static void AssertDigests<T>(string file, Func<ulong, Address, T, Eip712TypedData> typed, Func<T, T> throughDomain) where T : IAbiTuple<T>
    {
        foreach (var one in Cases(file))
        {
            var (chain, contract) = ((ulong)Number(one.GetProperty("chainId")), Address.Parse(one.GetProperty("verifyingContract").GetString()!));
            var value = throughDomain(T.FromAbi(Values(T.AbiType, one.GetProperty("message"))));
            Assert.Equal(one.GetProperty("structHash").GetString(), typed(chain, contract, value).HashStruct().ToString());
            Assert.Equal(one.GetProperty("digest").GetString(), typed(chain, contract, value).Digest().ToString());
        }
    }

    private static T Through<T>(T before, T after)
    {
        Assert.Equal(before, after);
        return after;
    }

    private static JsonElement[] Cases(string file)
    {
        var cases = JsonDocument.Parse(Repository.Vectors(file)).RootElement.GetProperty("cases").EnumerateArray().ToArray();
        Assert.True(cases.Length >= 3, $"{file} holds {cases.Length} cases");
        return cases;
    }

    // The members as the decoder gives them; zeros where there is no JSON.
    private static object[] Values(AbiType tuple, JsonElement? json) =>
        [.. tuple.Components.Select(c => Value(c.Type, json?.GetProperty(c.Name)))];

    private static object Value(AbiType type, JsonElement? json) => type.Canonical switch
    {
        "address" => json is { } a ? Address.Parse(a.GetString()!) : Address.Zero,
        "bytes32" => json is { } b ? Bytes32.Parse(b.GetString()!) : Bytes32.Zero,
        "bool" => json is { ValueKind: JsonValueKind.True },
        ['u', ..] => json is { } n ? Number(n) : BigInteger.Zero,
        _ => Values(type, json),
    };

    private static BigInteger Number(JsonElement json) => BigInteger.Parse(json.ToString(), CultureInfo.InvariantCulture);
}

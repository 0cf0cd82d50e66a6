using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Chain.Tests.Support;

/// <summary>Random domain values over the whole width of the contract's fields.</summary>
internal static class Arbitrary
{
    public static Gen<BigInteger> Unsigned(int bits) =>
        from bytes in Gen.ArrayOf(Gen.Choose(0, 255), bits / 8)
        from keep in Gen.Choose(0, bits / 8)
        select new BigInteger([.. bytes.Take(keep).Select(b => (byte)b)], isUnsigned: true);

    public static Gen<uint> U32 => Unsigned(32).Select(v => (uint)v);

    public static Gen<ushort> U16 => Unsigned(16).Select(v => (ushort)v);

    public static Gen<long> Time => Unsigned(40).Select(v => (long)v);

    public static Gen<ulong> U64 => Unsigned(64).Select(v => (ulong)v);

    public static Gen<string> Hash => Gen.ArrayOf(Gen.Choose(0, 255), 32).Select(b => Hex.Encode([.. b.Select(x => (byte)x)]));

    public static Gen<string> Account => Gen.ArrayOf(Gen.Choose(0, 255), 20).Select(b => new Address([.. b.Select(x => (byte)x)]).ToString());

    public static Gen<GpuCount> Gpu => Hash.SelectMany(h => Unsigned(16).Select(c => new GpuCount(h, (ushort)c)));

    public static Gen<Prices> Prices =>
        Gen.ArrayOf(Unsigned(96), 6).Select(p => new Prices(p[0], p[1], p[2], p[3], p[4], p[5]));

    public static Gen<Resources> Resources =>
        from n in Gen.ArrayOf(U32, 4)
        from a in Gpu
        from b in Gpu
        select new Resources(n[0], n[1], n[2], n[3], a, b);

    public static Gen<LeaseTerms> Terms =>
        from who in Gen.ArrayOf(Account, 6)
        from spec in Hash
        from resources in Resources
        from prices in Prices
        from money in Gen.ArrayOf(Unsigned(96), 8)
        from n in Gen.ArrayOf(U32, 5)
        from until in Time
        from bps in Gen.ArrayOf(U16, 3)
        from callback in Gen.Elements(true, false)
        select new LeaseTerms(
            who[0], who[1], who[2], who[3], spec, resources, prices, money[0], money[1], money[2], n[0], n[1], until, bps[0], who[4], who[5], bps[1], callback,
            new LeaseParameters(n[2], n[3], n[4], bps[2], money[3], money[4], money[5], money[6], money[7]));

    public static Gen<RequestTerms> Request =>
        from who in Gen.ArrayOf(Account, 6)
        from hash in Gen.ArrayOf(Hash, 2)
        from resources in Resources
        from prices in Prices
        from money in Gen.ArrayOf(Unsigned(96), 4)
        from n in Gen.ArrayOf(U32, 5)
        from credit in U16
        from callback in Gen.Elements(true, false)
        from wide in Gen.ArrayOf(Unsigned(256), 2)
        from until in Time
        from counter in U64
        select new RequestTerms(
            who[0], who[1], who[2], who[3], hash[0], resources, prices, money[0], money[1], money[2], money[3], n[0], n[1], n[2], n[3], n[4],
            credit, wide[0], who[4], who[5], hash[1], callback, until, counter, wide[1]);

    public static Gen<OfferTerms> Offer =>
        from resources in Resources
        from prices in Prices
        from money in Gen.ArrayOf(Unsigned(96), 3)
        from n in Gen.ArrayOf(U32, 3)
        from bps in Gen.ArrayOf(U16, 2)
        from arbiter in Account
        from until in Time
        from salt in Unsigned(256)
        select new OfferTerms(resources, prices, money[0], money[1], money[2], n[0], n[1], n[2], bps[0], bps[1], arbiter, until, salt);

    public static Gen<Receipt> Receipt =>
        from id in Hash
        from seq in U32
        from through in Time
        from u in Gen.ArrayOf(U64, 6)
        from down in U32
        from root in Hash
        from final in Gen.Elements(true, false)
        select new Receipt(LeaseId.Parse(id), seq, through, new UsageVector(u[0], u[1], u[2], u[3], u[4], u[5]), down, root, final);
}

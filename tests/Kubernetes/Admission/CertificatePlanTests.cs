using Federation.Kubernetes.Admission.Certificates;

namespace Federation.Kubernetes.Tests.Admission;

public sealed class CertificatePlanTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CertificateOptions Options = LoopbackServer.Certificates with { Settle = TimeSpan.FromMinutes(10) };

    [Fact]
    public void First_IsTrusted_ForItsName_AndLastsAsLongAsSaid()
    {
        var set = CertificatePlan.Next(null, Options, Start);

        Assert.True(LoopbackServer.IsTrusted(set.Serving, set, Start));
        Assert.Equal(Start + Options.Lifetime, set.Serving.NotAfter.ToUniversalTime());
        Assert.Same(set, CertificatePlan.Next(set, Options, Start));
    }

    [Fact]
    public void SixteenYears_WhatIsServedIsTrustedByWhoLookedALittleEarlier()
    {
        var (set, changes, authorities) = (CertificatePlan.Next(null, Options, Start), 0, new HashSet<string>());
        for (var now = Start; now < Start.AddYears(16); now += TimeSpan.FromHours(50))
        {
            // An API server has the bundle of a minute ago.
            var minute = CertificatePlan.Next(set, Options, now);
            Assert.True(LoopbackServer.IsTrusted(minute.Serving, set, now), $"{now:u}: {minute}");
            var later = CertificatePlan.Next(minute, Options, now.AddMinutes(11));
            Assert.True(LoopbackServer.IsTrusted(later.Serving, minute, now.AddMinutes(11)), $"{now:u}: {later}");
            changes += (minute == set ? 0 : 1) + (later == minute ? 0 : 1);
            authorities.Add(later.Authority.Subject);
            Assert.InRange(later.Trusted.Count(), 1, 2);
            set = later;
        }

        Assert.InRange(authorities.Count, 4, 6);
        // Every 60 days, and three steps for each new authority.
        Assert.InRange(changes, 90, 130);
    }

    [Fact]
    public void Expired_OrForeign_IsMadeAnew()
    {
        var set = CertificatePlan.Next(null, Options, Start);
        var other = CertificatePlan.Next(null, Options, Start);

        var late = CertificatePlan.Next(set, Options, Start.AddYears(6));
        Assert.True(LoopbackServer.IsTrusted(late.Serving, late, Start.AddYears(6)));
        var mixed = CertificatePlan.Next(set with { Serving = other.Serving }, Options, Start);
        Assert.True(LoopbackServer.IsTrusted(mixed.Serving, set, Start));
    }

    [Fact]
    public void OtherNames_AreAdded_SoThatTwoReplicasDoNotTakeTurns()
    {
        var set = CertificatePlan.Next(null, Options, Start);
        var renamed = Options with { Names = ["webhook.federation-system.svc"] };

        var both = CertificatePlan.Next(set, renamed, Start);

        Assert.Equal(["127.0.0.1", "webhook.federation-system.svc"], CertificateMaker.NamesOf(both.Serving).Order());
        Assert.Same(both, CertificatePlan.Next(both, Options, Start));
    }

    [Fact]
    public void Stored_IsReadBack_AndWhatIsBrokenIsNothing()
    {
        var set = CertificatePlan.Next(null, Options, Start);
        var data = set.ToData();

        var read = CertificateSet.TryParse(data)!;
        Assert.Equal((set.Bundle, set.Serving.Thumbprint), (read.Bundle, read.Serving.Thumbprint));
        Assert.True(read.Serving.HasPrivateKey);
        Assert.Null(CertificateSet.TryParse(null));
        foreach (var key in data.Keys)
        {
            Assert.Null(CertificateSet.TryParse(new Dictionary<string, byte[]>(data) { [key] = [1, 2, 3] }));
            Assert.Null(CertificateSet.TryParse(data.Where(d => d.Key != key).ToDictionary()));
        }

        var other = CertificatePlan.Next(null, Options, Start).ToData();
        Assert.Null(CertificateSet.TryParse(new Dictionary<string, byte[]>(data) { ["tls.key"] = other["tls.key"] }));
        Assert.Null(CertificateSet.TryParse(new Dictionary<string, byte[]>(data) { ["ca.key"] = other["ca.key"] }));
        Assert.DoesNotContain("PRIVATE", set.ToString(), StringComparison.Ordinal);
    }
}

using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Hostnames;

public sealed class HostnameRulesTests
{
    private const string Name = "shop.example.org";

    private static readonly IngressOffer Offer = new("apps.dc.example.net", true, ["gateway.dc.example.net"]);
    private static readonly LeaseView View = ALease.Active().Seen().View;
    private static readonly HostnameWish Own = new(Name, "web", "http", 80, false);

    [Fact]
    public void Wishes_HaveTheNameThatIsGivenOut_BeforeTheTenantsOwn()
    {
        var wishes = Offer.Wishes(View.Id, Workload(Name)).ToArray();
        Assert.Equal(["web-0000000000000001.apps.dc.example.net", Name], wishes.Select(w => w.Name));
        Assert.Equal(["https://web-0000000000000001.apps.dc.example.net", "http://" + Name], wishes.Select(Offer.UrlOf));
        Assert.Equal([Name], (Offer with { Domain = "" }).Wishes(View.Id, Workload(Name)).Select(w => w.Name));
        Assert.Empty(Offer.Wishes(View.Id, WorkloadParser.Parse(Some.Workload).Workload!));
    }

    [Theory]
    [InlineData("apps.dc.example.net")]
    [InlineData("web-0000000000000001.apps.dc.example.net")]
    [InlineData("a.b.apps.dc.example.net")]
    [InlineData("gateway.dc.example.net")]
    [InlineData("x.gateway.dc.example.net")]
    public void TheDatacentersOwnNames_AreNobodyElses(string name)
    {
        var fault = Assert.Single(Offer.Faults(Workload("ok.example.org", name)));
        Assert.Equal("services[0].ports[0].hostnames[1]", fault.Path);
        Assert.Contains("the datacenter's own", fault.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void WhereNothingIsRouted_HostnamesAreRefused_AndOtherWorkloadsAreNot()
    {
        Assert.Contains("routes no hostnames", Assert.Single(IngressOffer.None.Faults(Workload())).Problem, StringComparison.Ordinal);
        Assert.Contains("gives out no names", Assert.Single((Offer with { Domain = "" }).Faults(Workload())).Problem, StringComparison.Ordinal);
        Assert.Empty((Offer with { Domain = "" }).Faults(Workload(Name)));
        Assert.Empty(IngressOffer.None.Faults(WorkloadParser.Parse(Some.Workload).Workload!));
    }

    // Whatever a tenant's certificate says, it is for names that the tenant has proved.
    [Fact]
    public void ACertificateOfTheTenant_IsForItsOwnNames_WhereTheDatacenterServesThose()
    {
        var workload = Workload([Name], "shop-cert");
        Assert.Equal("services[0].ports[0].tls", Assert.Single(Offer.Faults(workload)).Path);
        Assert.Equal("services[0].ports[0].hostnames", Assert.Single(IngressOffer.None.Faults(workload)).Path);
        var offer = Offer with { TakesCertificates = true, IsHttps = false };
        Assert.Empty(offer.Faults(workload));
        var wishes = offer.Wishes(View.Id, workload).ToArray();
        Assert.Equal([null, "shop-cert"], wishes.Select(w => w.TlsSecret));
        Assert.Equal(["http://web-0000000000000001.apps.dc.example.net", "https://" + Name], wishes.Select(offer.UrlOf));

        // A workload that is taken back leaves the route, and its address, as they are.
        var held = HostnameRules.Decide(View, wishes[1], offer, null, ProofStanding.Present, true, null, 5);
        Assert.Equal(held, HostnameRules.Decide(View, held.Wish, offer, held, ProofStanding.Unknown, true, null, 9));
    }

    [Fact]
    public void ANameThatIsGivenOut_NeedsNoProof_AndKeepsItsTime()
    {
        var given = Own with { IsGiven = true };
        var first = HostnameRules.Decide(View, given, Offer, null, ProofStanding.Unknown, true, null, 5);
        Assert.Equal((5L, "GivenOut", "https://" + Name), (first.HeldSinceMs, first.Reason, first.Url));
        Assert.Equal(first, HostnameRules.Decide(View, given, Offer, first, ProofStanding.Unknown, true, null, 9));
    }

    [Theory]
    [InlineData(ProofStanding.Present, true, false, 9, "Proven")]
    [InlineData(ProofStanding.Absent, true, false, 0, "ProofMissing")]
    [InlineData(ProofStanding.Unknown, true, false, 0, "ProofMissing")]
    [InlineData(ProofStanding.Present, false, false, 0, "NameTaken")]
    [InlineData(ProofStanding.Present, true, true, 5, "Proven")]
    [InlineData(ProofStanding.Unknown, true, true, 5, "Proven")]
    [InlineData(ProofStanding.Absent, true, true, 0, "ProofMissing")]
    [InlineData(ProofStanding.Present, false, true, 0, "NameTaken")]
    public void AnOwnName_IsGotByProof_AndKeptUntilThatIsGoneForCertain(ProofStanding proof, bool isFree, bool isHeld, long since, string reason)
    {
        var before = isHeld ? new HostnameClaim(Name, "web", "http", "", 5, "Proven", "") : null;
        var claim = HostnameRules.Decide(View, Own, Offer, before, proof, isFree, null, 9);
        Assert.Equal((since, reason), (claim.HeldSinceMs, claim.Reason));
        Assert.Equal(since == 0, claim.Message.Length > 0);
    }

    [Fact]
    public void WhatIsMissing_SaysWhichRecordToWrite()
    {
        var missing = HostnameRules.Decide(View, Own, Offer, null, ProofStanding.Absent, true, null, 9).Message;
        Assert.Contains($"TXT record _federation.{Name} with the text federation-tenant={Some.Tenant.ToLowerInvariant()}", missing, StringComparison.Ordinal);
        Assert.Contains($"federation-lease={View.Id}", missing, StringComparison.Ordinal);
        var unread = HostnameRules.Decide(View, Own, Offer, null, ProofStanding.Unknown, true, "the answer is ServerFailure", 9);
        Assert.Equal("ProofUnreadable", unread.Reason);
        Assert.Contains("the answer is ServerFailure", unread.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Proof_IsForItsTenantOrItsLease_AndForNobodyElse()
    {
        bool IsIn(params string[] texts) => OwnershipProof.IsIn(texts, View.Id, Some.Tenant);
        Assert.True(IsIn("v=spf1 -all", $" federation-tenant={Some.Tenant.ToLowerInvariant()} "));
        Assert.True(IsIn($"federation-lease={View.Id.Hex.ToUpperInvariant()}"));
        Assert.False(IsIn());
        Assert.False(IsIn($"federation-tenant={Some.Provider}", $"federation-lease={Some.LeaseId(2)}", Some.Tenant, "federation-tenant=", $"federation-tenant={Some.Tenant}0"));
    }

    [Fact]
    public void OfSeveralHolds_TheElderCounts_AndOfTheSameMomentTheLowerLease()
    {
        HostnameHold Hold(int lease, long since) => new(Some.LeaseId(lease), since);
        HostnameHold[] holds = [Hold(3, 7), Hold(1, 8), Hold(2, 7)];
        Assert.Equal(Hold(2, 7), HostnameRules.First(holds));
        Assert.Equal(Hold(2, 7), HostnameRules.First(holds.Reverse()));
        Assert.Null(HostnameRules.First([]));
    }

    [Fact]
    public void Machine_RoutesOnlyWhatRuns_AndOnlyWhatDiffers()
    {
        var route = new HostnameRoute(Name, "web", 80);
        var claim = new HostnameClaim(Name, "web", "http", "http://" + Name, 5, "Proven", "");
        EnsureRoutes? Effect(ALease lease, HostnameNews news) => LeaseMachine.Decide(lease.Seen() with { Hostnames = news }).Effects.OfType<EnsureRoutes>().SingleOrDefault();
        ALease With(params RouteFact[] routes) => ALease.Active().Running().WithCluster(c => c with { Routes = routes });
        var news = new HostnameNews([claim], [route], null);

        Assert.Equal([route], Effect(With(), news)!.Routes);
        Assert.Null(Effect(ALease.Active().WithWorkload(), news));
        Assert.Null(Effect(With(new RouteFact(route, true, null)), news));
        Assert.NotNull(Effect(With(new RouteFact(route, false, null)), news));
        Assert.NotNull(Effect(With(new RouteFact(route, true, null), new RouteFact(route with { Hostname = "b.example.org" }, true, null)), news));
        Assert.Null(Effect(With(), news with { Problem = "No Gateway API." }));
        Assert.Null(Effect(With(new RouteFact(route, false, null)), HostnameNews.Unknown));
        Assert.Empty(Effect(With(new RouteFact(route, true, null)), HostnameNews.None)!.Routes);
    }

    // A workload that is never applied, or a lease that stands still, keeps no name that is its own no more.
    [Theory]
    [InlineData("0xother")]
    [InlineData(null)]
    public void Machine_TakesLostNamesAway_WhateverTheWorkloadWaitsFor(string? applied)
    {
        var (kept, lost) = (new HostnameRoute("b.example.org", "web", 80), new HostnameRoute(Name, "web", 80));
        var lease = ALease.Active().Running().WithCluster(c => c with { AppliedSpecHash = applied, Routes = [new RouteFact(kept, true, null), new RouteFact(lost, true, null)] });
        EnsureRoutes? Effect(params HostnameRoute[] wanted) => LeaseMachine.Decide(lease.Seen() with { Hostnames = new HostnameNews([], wanted, null) }).Effects.OfType<EnsureRoutes>().SingleOrDefault();
        // It leads to where it did until the workload is there; what does not stand is not made.
        Assert.Equal([kept], Effect(kept with { Port = 81 }, new HostnameRoute("c.example.org", "web", 80))!.Routes);
        Assert.Null(Effect(kept, lost));
    }

    [Fact]
    public void Hold_IsGivenUpOnlyOnceTheRouteIsGone()
    {
        var (held, missing) = (new HostnameClaim(Name, "web", "http", "http://" + Name, 5, "Proven", ""), new HostnameClaim(Name, "web", "http", "http://" + Name, 0, "ProofMissing", "Write it."));
        HostnameClaim Stored(params RouteFact[] routes)
        {
            var seen = ALease.Active().Running().WithCluster(c => c with { Routes = routes }).Seen();
            return LeaseMachine.Decide(seen with { Status = seen.Status with { Hostnames = [held] }, Hostnames = new HostnameNews([missing], [], null) }).Status.Hostnames.Single();
        }

        Assert.Equal((5, "ProofMissing"), (Stored(new RouteFact(new HostnameRoute(Name, "web", 80), true, null)).HeldSinceMs, Stored(new RouteFact(new HostnameRoute(Name, "web", 80), true, null)).Reason));
        Assert.Equal(0, Stored().HeldSinceMs);
    }

    [Fact]
    public void AStoppedLease_WhoseRoutesAreLeft_IsStoppedAgain()
    {
        var left = ALease.Closing().After(130).WithCluster(c => c with { Items = [], Pods = [], Routes = [new RouteFact(new HostnameRoute(Name, "web", 80), true, null)] });
        Assert.Single(left.Decide().Effects.OfType<StopWorkload>());
        Assert.Empty(left.WithCluster(c => c with { Routes = [] }).Decide().Effects.OfType<StopWorkload>());
    }

    [Fact]
    public void Condition_NamesWhatIsMissing_AndEndpointsWhatIsReached()
    {
        var (held, missing) = (new HostnameClaim(Name, "web", "http", "http://" + Name, 5, "Proven", ""), new HostnameClaim("b.example.org", "web", "http", "http://b.example.org", 0, "ProofMissing", "Write it."));
        var lease = ALease.Active().Running().WithCluster(c => c with { Routes = [new RouteFact(new HostnameRoute(Name, "web", 80), true, null)] });
        LeaseStatus Status(ALease seen, params HostnameClaim[] claims) => LeaseMachine.Decide(seen.Seen() with { Hostnames = new HostnameNews(claims, [], null) }).Status;
        (string, ConditionStatus, string)? Routed(LeaseStatus status) => status.Conditions.Where(c => c.Type == "Routed").Select(c => ((string, ConditionStatus, string)?)(c.Reason, c.Status, c.Message)).SingleOrDefault();

        Assert.Null(Routed(Status(lease)));
        Assert.Equal(("Routed", ConditionStatus.True, $"Reached at http://{Name}."), Routed(Status(lease, held)));
        Assert.Equal(("ProofMissing", ConditionStatus.False, "b.example.org: Write it."), Routed(Status(lease, held, missing)));
        Assert.Equal([new LeaseEndpoint("web", "http", "http://" + Name)], Status(lease, held, missing).Endpoints);
        var refused = lease.WithCluster(c => c with { Routes = [new RouteFact(new HostnameRoute(Name, "web", 80), true, "NotAllowed: no.")] });
        Assert.Equal("RouteRefused", Routed(Status(refused, held))!.Value.Item1);
    }

    private static WorkloadSpec Workload(params string[] hostnames) => Workload(hostnames, null);

    private static WorkloadSpec Workload(string[] hostnames, string? tls) => WorkloadParser.Parse($$"""
        {"services":[{"name":"web","image":"a.example/x:1","resources":{"cpu":"1","memory":"1Mi"},"ports":[{"name":"http","port":80,"hostnames":[{{string.Join(',', hostnames.Select(h => $"\"{h}\""))}}]{{(tls is null ? "" : $",\"tls\":\"{tls}\"")}} }] }] }
        """).Workload!;
}

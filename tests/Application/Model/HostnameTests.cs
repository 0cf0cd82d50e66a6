using System.Text.Json;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Testing.Builders;
using Federation.Testing.Chain;

namespace Federation.Application.Tests.Model;

/// <summary>Who proves a name first has it as long as its lease lives, whatever restarts; nobody else's workload waits for a name.</summary>
public sealed class HostnameTests
{
    private const string Name = "shop.example.org";
    private const string Record = "_federation." + Name;
    private const string OfTenant = "federation-tenant=0x00000000000000000000000000000000000000a1";

    private static readonly JsonElement Workload = WorkloadAt(Name);
    private static readonly HostnameRoute Route = new(Name, "web", 80);

    private readonly World world = new(Some.Policy with { EpochMs = 3_600_000 });

    public HostnameTests() => world.Cluster.Ingress = new IngressOffer("", false, []);

    [Fact]
    public void Workload_RunsWithoutItsName_WhichIsRoutedOnceProved()
    {
        var id = Running(1);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
        Assert.Empty(world.Cluster.Spaces[id].Routes);
        Assert.Equal((ConditionStatus.False, "ProofMissing"), Routed(id));
        Assert.Contains(OfTenant, world.Cluster.Spaces[id].Status.Hostnames.Single().Message, StringComparison.Ordinal);

        world.Names.Texts[Record] = [OfTenant];
        world.Pass(660);
        Assert.Equal([Route], world.Cluster.Spaces[id].Routes);
        Assert.Equal((ConditionStatus.True, "Routed"), Routed(id));
        Assert.Contains(world.Cluster.Spaces[id].Status.Endpoints, e => e.Url == "http://" + Name);
    }

    [Fact]
    public void WhatIsMissing_IsAskedForSlower_AndNothingIsWrittenMeanwhile()
    {
        var id = Running(1);
        world.Pass(60);
        var (writes, asked) = (world.Cluster.Writes.Count, world.Names.Asked.Count);
        world.Pass(1800);
        Assert.Equal(writes, world.Cluster.Writes.Count);
        Assert.InRange(world.Names.Asked.Count - asked, 3, 12);
        Assert.All(world.Names.Asked, name => Assert.Equal(Record, name));
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
    }

    [Fact]
    public void SecondLease_WaitsForTheEndOfTheFirst_AlsoOverRestarts()
    {
        world.Names.Texts[Record] = [OfTenant];
        var (first, second) = (Running(1), Running(2));
        Assert.Equal(("Proven", "NameTaken"), (ReasonOf(first), ReasonOf(second)));
        Assert.Equal((ConditionStatus.False, "NameTaken"), Routed(second));
        for (var restart = 0; restart < 3; restart++)
        {
            world.Restart();
            world.Pass(60);
            Assert.Equal([Route], world.Cluster.Spaces[first].Routes);
            Assert.Empty(world.Cluster.Spaces[second].Routes);
        }

        world.TenantCloses(first);
        PassWhileOneHolds(600, first, second);
        Assert.Equal([Route], world.Cluster.Spaces[second].Routes);
    }

    [Fact]
    public void BothProvedAtOnce_OneGetsIt_AndRestartsDoNotChangeWhich()
    {
        var (first, second) = (Running(1), Running(2));
        world.Names.Texts[Record] = [OfTenant];
        PassWhileOneHolds(900, first, second);
        var holder = Assert.Single(new[] { first, second }, id => ReasonOf(id) == "Proven");
        world.Restart();
        PassWhileOneHolds(900, first, second);
        Assert.Equal("Proven", ReasonOf(holder));
    }

    [Fact]
    public void AnotherTenantsProof_IsOfNoUse()
    {
        world.Names.Texts[Record] = ["federation-tenant=0x00000000000000000000000000000000000000ff", $"federation-lease={Some.LeaseId(7)}"];
        var id = Running(1);
        world.Pass(900);
        Assert.Equal("ProofMissing", ReasonOf(id));
    }

    // As after a store that was restored: both statuses say that they hold it.
    [Fact]
    public void TwoHoldersInTheStore_TheElderKeepsIt()
    {
        world.Names.Texts[Record] = [OfTenant];
        var (first, second) = (Running(1), Running(2));
        var claim = world.Cluster.Spaces[first].Status.Hostnames.Single();
        world.Cluster.Change(second, s => s with { Routes = [Route], Status = s.Status with { Hostnames = [claim with { HeldSinceMs = claim.HeldSinceMs - 1 }] } });
        world.Restart();
        world.Pass(120);
        Assert.Equal(("NameTaken", "Proven"), (ReasonOf(first), ReasonOf(second)));
        Assert.Equal((0, 1), (world.Cluster.Spaces[first].Routes.Count, world.Cluster.Spaces[second].Routes.Count));
    }

    [Fact]
    public void NameServiceThatFails_TakesNothingAway_AndARecordThatIsGoneForHoursDoes()
    {
        world.Names.Texts[Record] = [OfTenant];
        var id = Running(1);
        world.Names.IsFailing = true;
        var asked = world.Names.Asked.Count;
        world.Pass(6 * 3600);
        Assert.True(world.Names.Asked.Count > asked);
        Assert.Equal([Route], world.Cluster.Spaces[id].Routes);

        (world.Names.IsFailing, _) = (false, world.Names.Texts.Remove(Record));
        world.Pass(3600);
        Assert.Equal([Route], world.Cluster.Spaces[id].Routes);
        world.Pass(4 * 3600);
        Assert.Equal("ProofMissing", ReasonOf(id));
        Assert.Empty(world.Cluster.Spaces[id].Routes);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
    }

    // Whoever had the domain before cannot keep its name by having nothing agreed any more.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NameThatIsProvedNoMore_IsLost_AlsoByALeaseWithoutAnAgreedWorkload(bool isAmended)
    {
        world.Names.Texts[Record] = [OfTenant];
        var first = Running(1);
        if (isAmended) world.Chain.TryTransact(first, (lease, _) => LeaseContract.AmendSpec(lease, Some.HashOf(WorkloadAt())));
        else world.Cluster.Change(first, s => s with { Workload = null });
        world.Pass(3600);
        Assert.Equal([Route], world.Cluster.Spaces[first].Routes);
        world.Names.Texts.Remove(Record);
        world.Pass(5 * 3600);
        Assert.Equal("ProofMissing", ReasonOf(first));
        Assert.Empty(world.Cluster.Spaces[first].Routes);
        Assert.NotEmpty(world.Cluster.Spaces[first].Pods);
        var second = Running(2);
        world.Names.Texts[Record] = [$"federation-lease={second}"];
        PassWhileOneHolds(900, first, second);
        Assert.Equal("Proven", ReasonOf(second));
    }

    [Fact]
    public void SilentNameServer_HoldsUpNoLease()
    {
        world.Names.Silent.Add(Record);
        var id = Running(1);
        Assert.Equal(LeasePhase.Running, world.Cluster.Spaces[id].Status.Phase);
        // The first question is given up after 20 s, and the next one follows at some time after that.
        Assert.InRange(world.Names.Asked.Count, 1, 2);
    }

    [Fact]
    public void NameThatIsGivenOut_IsRoutedAtOnce_ForTwoWritesMore()
    {
        world.Cluster.Ingress = new IngressOffer("apps.example.net", true, []);
        var id = Running(1, WorkloadAt());
        var name = "web-0000000000000001.apps.example.net";
        Assert.Equal([name], world.Cluster.Spaces[id].Routes.Select(r => r.Hostname));
        Assert.Contains(world.Cluster.Spaces[id].Status.Endpoints, e => e.Url == "https://" + name);
        Assert.Empty(world.Names.Asked);
        // One for the route; in the cluster another one for the way through the isolation.
        Assert.True(world.Cluster.Writes.CountOf(id) <= 12 + 1, string.Join(", ", world.Cluster.Writes.Of(id)));
        world.Restart();
        world.Pass(60);
        Assert.Equal([name], world.Cluster.Spaces[id].Routes.Select(r => r.Hostname));
    }

    [Fact]
    public void WhereNothingIsRouted_TheWorkloadIsRefused_AndNothingOfItRuns()
    {
        world.Cluster.Ingress = IngressOffer.None;
        var id = Running(1);
        var space = world.Cluster.Spaces[id];
        Assert.Null(space.Applied);
        var verified = space.Status.Conditions.Single(c => c.Type == "Verified");
        Assert.Equal((ConditionStatus.False, "WorkloadRefused"), (verified.Status, verified.Reason));
        Assert.Contains("services[0].ports[0].hostnames: this datacenter routes no hostnames", verified.Message, StringComparison.Ordinal);
    }

    // The Datacenter object was never read since the start: what is there stays.
    [Fact]
    public void OfferThatIsNotKnown_ChangesNoRoute_AndOneThatIsWithdrawnTakesThem()
    {
        world.Names.Texts[Record] = [OfTenant];
        var id = Running(1);
        world.Cluster.Ingress = null;
        world.Restart();
        world.Pass(300);
        Assert.Equal([Route], world.Cluster.Spaces[id].Routes);
        Assert.Equal("Proven", ReasonOf(id));
        world.Cluster.Ingress = IngressOffer.None;
        world.Pass(60);
        Assert.Empty(world.Cluster.Spaces[id].Routes);
        Assert.NotEmpty(world.Cluster.Spaces[id].Pods);
    }

    private LeaseId Running(int number, JsonElement? workload = null)
    {
        var id = world.Match(number, change: t => t with { SpecHash = Some.HashOf(workload ?? Workload), DurationSeconds = 86_400 });
        world.Pass(30);
        world.Deliver(id, workload ?? Workload);
        world.Pass(60);
        return id;
    }

    private void PassWhileOneHolds(int seconds, params LeaseId[] leases)
    {
        for (var passed = 0; passed < seconds; passed += World.StepSeconds)
        {
            world.Pass(World.StepSeconds);
            Assert.True(leases.Count(id => world.Cluster.Spaces.TryGetValue(id, out var space) && space.Routes.Contains(Route)) <= 1);
        }
    }

    private string ReasonOf(LeaseId id) => world.Cluster.Spaces[id].Status.Hostnames.Single().Reason;

    private (ConditionStatus, string) Routed(LeaseId id)
    {
        var condition = world.Cluster.Spaces[id].Status.Conditions.Single(c => c.Type == "Routed");
        return (condition.Status, condition.Reason);
    }

    private static JsonElement WorkloadAt(params string[] hostnames) => JsonDocument.Parse($$"""
        {"services":[{"name":"web","image":"docker.io/library/nginx:1.27","resources":{"cpu":"1","memory":"1Gi"},
          "ports":[{"name":"http","port":80,"hostnames":[{{string.Join(',', hostnames.Select(h => $"\"{h}\""))}}] }] }] }
        """).RootElement.Clone();
}

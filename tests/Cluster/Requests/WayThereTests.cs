using System.Net.Sockets;
using Federation.Cluster.Requests;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Cluster.Tests.Requests;

/// <summary>Names and addresses of datacenters are their own making: one that leads nowhere is no reason of this side for long.</summary>
public sealed class WayThereTests
{
    private const string Bad = "0xabcabcabcabcabcabcabcabcabcabcabcabcabca", Good = "0xdefdefdefdefdefdefdefdefdefdefdefdefdefd";

    private readonly FakeClock clock = new();
    private readonly Doors doors = new();

    [Theory]
    [InlineData(SocketError.TryAgain)]
    [InlineData(SocketError.NetworkUnreachable)]
    [InlineData(SocketError.NetworkDown)]
    [InlineData(SocketError.AddressNotAvailable)]
    public async Task NoWayThere_IsTheDatacenters_OnceAnotherIsReached(SocketError error)
    {
        doors.Errors[Bad] = error;
        var delivery = Delivery();
        // It was reached before the way was gone, which says nothing of after.
        await ReadAsync(delivery, Good);
        Assert.Equal("AccessBroken", await ReadAsync(delivery, Bad));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("NamespacePending", await ReadAsync(delivery, Good));
        Assert.Equal("DatacenterSilent", await ReadAsync(delivery, Bad));
        // Nobody is reached any more: then it may be this side.
        clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("AccessBroken", await ReadAsync(delivery, Bad));
    }

    [Fact]
    public async Task NoWayThere_IsTheDatacenters_InTheEnd_WhereNobodyElseIsAsked()
    {
        doors.Errors[Bad] = SocketError.TryAgain;
        var delivery = Delivery();
        Assert.Equal("AccessBroken", await ReadAsync(delivery, Bad));
        clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.Equal("AccessBroken", await ReadAsync(delivery, Bad));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("DatacenterSilent", await ReadAsync(delivery, Bad));
        // Refused connections between are no answer; one that is begins anew.
        doors.Errors[Bad] = SocketError.ConnectionRefused;
        Assert.Equal("DatacenterSilent", await ReadAsync(delivery, Bad));
        doors.Errors[Bad] = SocketError.TryAgain;
        Assert.Equal("DatacenterSilent", await ReadAsync(delivery, Bad));
        doors.Errors.Remove(Bad);
        Assert.Equal("NamespacePending", await ReadAsync(delivery, Bad));
        doors.Errors[Bad] = SocketError.TryAgain;
        Assert.Equal("AccessBroken", await ReadAsync(delivery, Bad));
    }

    [Fact]
    public async Task WayOutThatIsClosed_IsNobodysSilence()
    {
        (doors.Errors[Bad], doors.Errors[Good]) = (SocketError.TryAgain, SocketError.TryAgain);
        var delivery = Delivery();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("AccessBroken", await ReadAsync(delivery, Bad));
            Assert.Equal("AccessBroken", await ReadAsync(delivery, Good));
            clock.Advance(TimeSpan.FromSeconds(30));
        }
    }

    private WorkloadDelivery Delivery() => new(doors, FakeHasher.Instance, clock);

    private async Task<string> ReadAsync(WorkloadDelivery delivery, string provider) => (await delivery.ReadAsync(provider, Some.LeaseId(1), clock.NowSeconds, default)).Reason;

    private sealed class Doors : IClusterDoors
    {
        public Dictionary<string, SocketError> Errors { get; } = [];

        public string? FaultOf(string provider) => null;

        // As a gateway's door says it: who is there has not seen the lease yet.
        public Task<ClusterDoor> OpenAsync(string provider, CancellationToken cancellation) => Errors.TryGetValue(provider, out var error)
            ? throw new DoorException(DoorFault.Theirs, "It is not there.", new HttpRequestException("no", new SocketException((int)error)))
            : throw new DoorException(DoorFault.NotYet, "It has not seen the lease.");
    }
}

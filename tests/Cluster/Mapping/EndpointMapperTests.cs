using System.Text.Json.Nodes;
using Federation.Cluster.Mapping;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Mapping;

public sealed class EndpointMapperTests
{
    private const string Inside = """{"metadata":{"name":"game","labels":{"compute.federation/item":"game"}},"spec":{"clusterIP":"10.96.0.7","ports":[{"name":"http","port":8080},{"name":"play","port":7777,"protocol":"UDP"}]}}""";
    private const string NodePort = """{"metadata":{"name":"game-udp","labels":{"compute.federation/item":"game","compute.federation/exposed":"true"}},"spec":{"type":"NodePort","clusterIP":"10.96.0.8","ports":[{"name":"play","port":7777,"protocol":"UDP","nodePort":30123}]}}""";
    private const string Balanced = """{"metadata":{"name":"game-tcp","labels":{"compute.federation/item":"game","compute.federation/exposed":"true"}},"spec":{"type":"LoadBalancer","clusterIP":"10.96.0.9","ports":[{"name":"chat","port":7778,"nodePort":30124}]},"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.9"},{"hostname":"lb.example"}]}}}""";

    [Theory]
    [InlineData(Inside, "http http://10.96.0.7:8080", "play udp://10.96.0.7:7777")]
    [InlineData(NodePort, "play udp://198.51.100.1:30123 exposed", "play udp://[2001:db8::1]:30123 exposed")]
    [InlineData(Balanced, "chat tcp://203.0.113.9:7778 exposed", "chat tcp://lb.example:7778 exposed")]
    public void Service_TellsWhereItAnswers(string service, params string[] expected)
    {
        var endpoints = EndpointMapper.Of((JsonObject)JsonNode.Parse(service)!, item => item == "game" ? ["198.51.100.1", "2001:db8::1"] : []);

        Assert.Equal(expected, endpoints.Select(e => $"{e.Port} {e.Url}{(e.IsExposed ? " exposed" : "")}"));
        Assert.All(endpoints, e => Assert.Equal("game", e.Service));
    }

    // The provider has yet to give an address; the server has yet to give a port; no pod has a node.
    [Theory]
    [InlineData("""{"metadata":{"labels":{"compute.federation/item":"game","compute.federation/exposed":"true"}},"spec":{"type":"LoadBalancer","clusterIP":"10.96.0.9","ports":[{"port":7778}]}}""", "198.51.100.1")]
    [InlineData("""{"metadata":{"labels":{"compute.federation/item":"game","compute.federation/exposed":"true"}},"spec":{"type":"NodePort","clusterIP":"10.96.0.9","ports":[{"port":7778}]}}""", "198.51.100.1")]
    [InlineData(NodePort)]
    public void Service_ThatIsNotReachedYet_TellsNothing(string service, params string[] hosts) =>
        Assert.Empty(EndpointMapper.Of((JsonObject)JsonNode.Parse(service)!, _ => hosts));

    [Theory]
    [InlineData("198.51.100.1", "InternalIP", "10.0.0.1", "ExternalIP", "198.51.100.1")]
    [InlineData("10.0.0.1", "Hostname", "n1", "InternalIP", "10.0.0.1")]
    [InlineData(null, "Hostname", "n1", "InternalDNS", "n1.local")]
    public void Node_IsReachedByItsOuterAddressFirst(string? expected, string type, string address, string otherType, string otherAddress) => Assert.Equal(
        expected,
        EndpointMapper.AddressOf(new V1Node { Status = new V1NodeStatus { Addresses = [new() { Type = type, Address = address }, new() { Type = otherType, Address = otherAddress }] } }));
}

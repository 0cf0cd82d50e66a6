using System.Net;
using DnsClient;
using Federation.Application.Ports;

namespace Federation.Cluster.Hostnames;

/// <summary>TXT records by DNS. Only the datacenter's own resolver is ever asked, whatever name a tenant wrote.</summary>
internal sealed class DnsRecords : INameRecords
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(3);

    // A machine without any name server is told with the first question, not at the start.
    private readonly Lazy<LookupClient> client;

    /// <param name="resolvers">None: those of this machine's own configuration.</param>
    public DnsRecords(IReadOnlyList<IPEndPoint> resolvers)
    {
        // They are asked minutes apart, and the resolver has a cache of its own.
        client = new Lazy<LookupClient>(() => new LookupClient(new LookupClientOptions([.. resolvers])
        {
            AutoResolveNameServers = resolvers.Count == 0,
            UseCache = false,
            Timeout = LongestAnswer,
            Retries = 1,
        }), LazyThreadSafetyMode.PublicationOnly);
    }

    public async Task<IReadOnlyList<string>> ReadTextsAsync(string name, CancellationToken cancellation)
    {
        try
        {
            // With the dot it is looked up as it is, not below the cluster's own domains.
            var answer = await client.Value.QueryAsync(name + ".", QueryType.TXT, QueryClass.IN, cancellation);
            return answer.Header.ResponseCode switch
            {
                DnsHeaderResponseCode.NoError => [.. answer.Answers.TxtRecords().Select(record => string.Concat(record.Text))],
                DnsHeaderResponseCode.NotExistentDomain => [],
                var code => throw new NameServiceException($"the answer is {code}"),
            };
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            throw new NameServiceException("no name server is configured", error);
        }
        catch (DnsResponseException error)
        {
            throw new NameServiceException(error.Code == DnsResponseCode.ConnectionTimeout ? "no answer in time" : $"the answer is {error.Code}", error);
        }
    }
}

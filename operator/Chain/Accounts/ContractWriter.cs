using Federation.Chain.Sending;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Accounts;

/// <summary>Calls and reads contracts for a person or a program of one account; what fails, throws with the contract's error.</summary>
public sealed class ContractWriter(EthereumClient client, TransactionSender sender)
{
    public EthereumClient Client => client;

    /// <summary>The account that sends and pays.</summary>
    public Address Address => sender.Address;

    /// <summary>Sends the call and waits until it is mined.</summary>
    /// <exception cref="ContractCallException">The contract refused it, or it could not be sent.</exception>
    public Task<TransactionReceipt> CallAsync(Address contract, FunctionMessage message, CancellationToken cancellation) =>
        SendAsync(message.Function.Name, contract, message.EncodeCall(), cancellation, Maturing.SpareGas(message));

    /// <summary>Creates a contract.</summary>
    /// <param name="code">Creation code with the encoded constructor arguments.</param>
    /// <exception cref="ContractCallException">The constructor refused, or it could not be sent.</exception>
    public async Task<Address> CreateAsync(string name, byte[] code, CancellationToken cancellation)
    {
        var receipt = await SendAsync($"creation of {name}", null, code, cancellation);
        return receipt.ContractAddress ?? throw new ContractCallException($"creation of {name} failed: the receipt names no contract");
    }

    /// <exception cref="ContractCallException">The contract refused, or the node could not be asked.</exception>
    public async Task<T> ReadAsync<T>(Address contract, FunctionMessage<T> message, CancellationToken cancellation)
    {
        try
        {
            return await client.CallAsync(contract, message, from: Address, ct: cancellation);
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException or AbiException)
        {
            throw Failed(message.Function.Name, e);
        }
    }

    private async Task<TransactionReceipt> SendAsync(string what, Address? to, byte[] data, CancellationToken cancellation, ulong spareGas = 0)
    {
        SendOutcome outcome;
        try
        {
            outcome = await sender.SendAsync(to, data, cancellation, spareGas: spareGas);
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException)
        {
            throw Failed(what, e);
        }

        if (outcome is { Error: null, Receipt: { } receipt }) return receipt;
        throw new ContractCallException($"{what} failed: {outcome.Error}");
    }

    private static ContractCallException Failed(string what, Exception e) =>
        new($"{what} failed: {(e as RpcResponseException is { } r ? ContractErrors.Explain(r) : null) ?? e.Message}", e);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Prices} from "../types/Lease.sol";

/// @title Who the datacenters are: identity, keys, where to reach them, what they can do, what they ask.
interface IDatacenterRegistry {
    /// @notice A member. The provider's address is its identity for good; its other fields may change.
    struct Datacenter {
        address operator; // session key: signs Offers and receipts, activates, settles
        address payout; // earnings are credited to it
        bool active; // false: no new leases
        uint40 registeredAt;
        uint256 capabilities; // bit map
        bytes32 priceBook; // content address of the price book published last
        string endpoint; // https URL of its gateway
        string region; // e.g. "eu-central"
    }

    event DatacenterRegistered(address indexed provider, address operator, address payout, uint256 capabilities, string endpoint, string region);
    event DatacenterUpdated(address indexed provider, address operator, address payout, uint256 capabilities, string endpoint, string region);
    event DatacenterActive(address indexed provider, bool active);
    event PriceBookPublished(address indexed provider, bytes32 indexed priceBook, address token, bytes32 gpuClassA, bytes32 gpuClassB, Prices prices);

    error AlreadyRegistered(address provider);
    error NotRegistered(address provider);
    error OperatorZero();
    error OperatorTaken(address operator, address provider);
    error PayoutZero();
    error EndpointInvalid(string endpoint);
    error TextTooLong(string field, uint256 length, uint256 max);

    function register(address operator, address payout, uint256 capabilities, string calldata endpoint, string calldata region) external;
    function update(address operator, address payout, uint256 capabilities, string calldata endpoint, string calldata region) external;
    function setActive(bool active) external;
    /// @return priceBook keccak256(abi.encode(token, gpuClassA, gpuClassB, prices))
    function publishPriceBook(address token, bytes32 gpuClassA, bytes32 gpuClassB, Prices calldata prices) external returns (bytes32 priceBook);

    function datacenter(address provider) external view returns (Datacenter memory);
    /// @notice What LeaseManager needs, in one read. `operator` is zero for an unknown provider.
    function standing(address provider) external view returns (address operator, address payout, bool active, uint256 capabilities);
    /// @notice The provider whose operator key this is; zero when none.
    function providerOf(address operator) external view returns (address);
}

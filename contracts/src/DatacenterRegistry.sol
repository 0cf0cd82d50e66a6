// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {Prices} from "./types/Lease.sol";

/// @title Who the datacenters are. Holds no money; every write is about the caller itself.
contract DatacenterRegistry is IDatacenterRegistry {
    // Long enough for any host name (253 bytes) or region name in use; bounded so that readers need no limit of their own.
    uint256 private constant MAX_ENDPOINT_BYTES = 256;
    uint256 private constant MAX_REGION_BYTES = 64;

    mapping(address provider => Datacenter) private _datacenters;
    /// @inheritdoc IDatacenterRegistry
    mapping(address operator => address) public override providerOf;

    modifier onlyRegistered() {
        if (_datacenters[msg.sender].operator == address(0)) revert NotRegistered(msg.sender);
        _;
    }

    /// @inheritdoc IDatacenterRegistry
    function register(
        address operator,
        address payout,
        uint256 capabilities,
        string calldata endpoint,
        string calldata region
    ) external {
        Datacenter storage dc = _datacenters[msg.sender];
        if (dc.operator != address(0)) revert AlreadyRegistered(msg.sender);
        dc.active = true;
        dc.registeredAt = uint40(block.timestamp);
        _write(dc, operator, payout, capabilities, endpoint, region);
        emit DatacenterRegistered(msg.sender, operator, payout, capabilities, endpoint, region);
    }

    /// @inheritdoc IDatacenterRegistry
    function update(
        address operator,
        address payout,
        uint256 capabilities,
        string calldata endpoint,
        string calldata region
    ) external onlyRegistered {
        Datacenter storage dc = _datacenters[msg.sender];
        delete providerOf[dc.operator];
        _write(dc, operator, payout, capabilities, endpoint, region);
        emit DatacenterUpdated(msg.sender, operator, payout, capabilities, endpoint, region);
    }

    /// @inheritdoc IDatacenterRegistry
    function setActive(bool active) external onlyRegistered {
        _datacenters[msg.sender].active = active;
        emit DatacenterActive(msg.sender, active);
    }

    /// @inheritdoc IDatacenterRegistry
    function publishPriceBook(address token, bytes32 gpuClassA, bytes32 gpuClassB, Prices calldata prices)
        external
        onlyRegistered
        returns (bytes32 priceBook)
    {
        priceBook = keccak256(abi.encode(token, gpuClassA, gpuClassB, prices));
        _datacenters[msg.sender].priceBook = priceBook;
        emit PriceBookPublished(msg.sender, priceBook, token, gpuClassA, gpuClassB, prices);
    }

    /// @inheritdoc IDatacenterRegistry
    function datacenter(address provider) external view returns (Datacenter memory) {
        return _datacenters[provider];
    }

    /// @inheritdoc IDatacenterRegistry
    function standing(address provider)
        external
        view
        returns (address operator, address payout, bool active, uint256 capabilities)
    {
        Datacenter storage dc = _datacenters[provider];
        return (dc.operator, dc.payout, dc.active, dc.capabilities);
    }

    function _write(
        Datacenter storage dc,
        address operator,
        address payout,
        uint256 capabilities,
        string calldata endpoint,
        string calldata region
    ) private {
        if (operator == address(0)) revert OperatorZero();
        if (payout == address(0)) revert PayoutZero();
        address taken = providerOf[operator];
        if (taken != address(0)) revert OperatorTaken(operator, taken);
        _checkTexts(endpoint, region);
        providerOf[operator] = msg.sender;
        dc.operator = operator;
        dc.payout = payout;
        dc.capabilities = capabilities;
        dc.endpoint = endpoint;
        dc.region = region;
    }

    function _checkTexts(string calldata endpoint, string calldata region) private pure {
        bytes calldata url = bytes(endpoint);
        if (url.length > MAX_ENDPOINT_BYTES) revert TextTooLong("endpoint", url.length, MAX_ENDPOINT_BYTES);
        if (bytes(region).length > MAX_REGION_BYTES) revert TextTooLong("region", bytes(region).length, MAX_REGION_BYTES);
        // Plain http is for a gateway on the loopback; what a client accepts from elsewhere is the client's rule.
        bool https = url.length > 8 && bytes8(url[:8]) == "https://";
        bool http = url.length > 7 && bytes7(url[:7]) == "http://";
        if (!https && !http) revert EndpointInvalid(endpoint);
    }
}

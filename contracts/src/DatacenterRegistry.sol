// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Attestations} from "./Attestations.sol";
import {StakePools} from "./StakePools.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Prices} from "./types/Lease.sol";

/// @title Who the datacenters are; with what auditors say about them and what they stand to lose.
contract DatacenterRegistry is Attestations, StakePools {
    // Long enough for any host name (253 bytes) or region name in use; bounded so that readers need no limit of their own.
    uint256 private constant MAX_ENDPOINT_BYTES = 256;
    uint256 private constant MAX_REGION_BYTES = 64;
    uint16 private constant MAX_SHARE_BPS = 10_000;

    /// @dev Two slots answer a payment: key and delegators' share, payout and standing.
    struct Member {
        address operator;
        uint16 shareBps;
        uint16 nextShareBps; // holds from nextShareFrom on
        uint40 nextShareFrom;
        address payout;
        bool active;
        uint40 registeredAt;
        uint256 capabilities;
        bytes32 priceBook;
        string endpoint;
        string region;
    }

    mapping(address provider => Member) private _members;
    address[] private _providers;

    constructor(IVault vault_, address leaseManager_, uint40 unbondingSeconds_)
        StakePools(vault_, leaseManager_, unbondingSeconds_)
    {}

    modifier onlyRegistered() {
        if (_members[msg.sender].operator == address(0)) revert NotRegistered(msg.sender);
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
        Member storage m = _members[msg.sender];
        if (m.operator != address(0)) revert AlreadyRegistered(msg.sender);
        (m.active, m.registeredAt) = (true, uint40(block.timestamp));
        _providers.push(msg.sender);
        _write(m, operator, payout, capabilities, endpoint, region);
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
        _write(_members[msg.sender], operator, payout, capabilities, endpoint, region);
        emit DatacenterUpdated(msg.sender, operator, payout, capabilities, endpoint, region);
    }

    /// @inheritdoc IDatacenterRegistry
    function setActive(bool active) external onlyRegistered {
        _members[msg.sender].active = active;
        emit DatacenterActive(msg.sender, active);
    }

    /// @inheritdoc IDatacenterRegistry
    function publishPriceBook(address token, bytes32 gpuClassA, bytes32 gpuClassB, Prices calldata prices)
        external
        onlyRegistered
        returns (bytes32 priceBook)
    {
        priceBook = keccak256(abi.encode(token, gpuClassA, gpuClassB, prices));
        _members[msg.sender].priceBook = priceBook;
        emit PriceBookPublished(msg.sender, priceBook, token, gpuClassA, gpuClassB, prices);
    }

    /// @inheritdoc IDatacenterRegistry
    /// @dev What was announced and does not hold yet is replaced, and the time begins anew.
    function announceDelegatorShare(uint16 bps) external onlyRegistered {
        if (bps > MAX_SHARE_BPS) revert ShareOutOfRange(bps, MAX_SHARE_BPS);
        Member storage m = _members[msg.sender];
        uint40 validFrom = uint40(block.timestamp) + unbondingSeconds;
        (m.shareBps, m.nextShareBps, m.nextShareFrom) = (_share(m), bps, validFrom);
        emit DelegatorShareAnnounced(msg.sender, bps, validFrom);
    }

    /// @inheritdoc IDatacenterRegistry
    function datacenter(address provider) external view returns (Datacenter memory) {
        Member storage m = _members[provider];
        return Datacenter(
            m.operator, m.payout, m.active, m.registeredAt, m.capabilities, m.priceBook, m.endpoint, m.region
        );
    }

    /// @inheritdoc IDatacenterRegistry
    function standing(address provider)
        external
        view
        returns (address operator, address payout, bool active, uint256 capabilities)
    {
        Member storage m = _members[provider];
        return (m.operator, m.payout, m.active, m.capabilities);
    }

    /// @inheritdoc IDatacenterRegistry
    function payee(address provider) external view returns (address operator, address payout, uint16 delegatorBps) {
        Member storage m = _members[provider];
        return (m.operator, m.payout, _share(m));
    }

    /// @inheritdoc IDatacenterRegistry
    function providerCount() external view returns (uint256) {
        return _providers.length;
    }

    /// @inheritdoc IDatacenterRegistry
    function providerAt(uint256 index) external view returns (address) {
        return _providers[index];
    }

    function _payoutOf(address provider) internal view override returns (address) {
        return _members[provider].payout;
    }

    function _write(
        Member storage m,
        address operator,
        address payout,
        uint256 capabilities,
        string calldata endpoint,
        string calldata region
    ) private {
        if (operator == address(0)) revert OperatorZero();
        if (payout == address(0)) revert PayoutZero();
        _checkTexts(endpoint, region);
        (m.operator, m.payout, m.capabilities) = (operator, payout, capabilities);
        m.endpoint = endpoint;
        m.region = region;
    }

    function _share(Member storage m) private view returns (uint16) {
        return block.timestamp < m.nextShareFrom ? m.shareBps : m.nextShareBps;
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

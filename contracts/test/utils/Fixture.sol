// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../src/interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {Offer, Prices, Request, Resources, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {Test} from "./Test.sol";
import {TestToken} from "./TestToken.sol";

/// @title One federation in a clean state: contracts, a funded tenant, a registered datacenter; and builders of what they sign.
/// @dev The default lease reserves 1 core, 1 GiB, 10 GiB of storage, 100 KiB/s and 2 GPUs at prices that make 0.01 per second.
abstract contract Fixture is Test {
    uint256 internal constant TENANT_KEY = 0xA11CE;
    uint256 internal constant OPERATOR_KEY = 0xB0B;
    uint256 internal constant PROVIDER_KEY = 0xDC;
    uint40 internal constant START = 1_800_000_000;
    uint32 internal constant SUBMIT = 1 hours;
    uint96 internal constant DEPOSIT = 1_000e6;
    uint96 internal constant MIN_CHARGE = 2e6;
    uint32 internal constant NOTICE = 600;
    uint32 internal constant TERM = 1 days;
    bytes32 internal constant A100 = keccak256("nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920");
    uint256 internal constant RATE = 10_000; // smallest units per second of the default lease

    address internal governor = address(0x60);
    address internal payout = address(0x9A);
    address internal stranger = address(0x57);
    address internal tenant = vm.addr(TENANT_KEY);
    address internal operator = vm.addr(OPERATOR_KEY);
    address internal provider = vm.addr(PROVIDER_KEY);

    TestToken internal token;
    IVault internal vault;
    IDatacenterRegistry internal registry;
    ILeaseManager internal manager;

    function setUp() public virtual {
        vm.warp(START);
        _deploy();
        _join(provider, operator, payout);
        _fund(tenant, 10 * DEPOSIT);
        vm.prank(tenant);
        vault.deposit(address(token), tenant, 5 * DEPOSIT);
    }

    function _deploy() internal {
        address[] memory managers = new address[](1);
        managers[0] = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 2);
        vault = _newVault(managers);
        registry = IDatacenterRegistry(vm.deployCode("DatacenterRegistry.sol:DatacenterRegistry", ""));
        manager = ILeaseManager(vm.deployCode("LeaseManager.sol:LeaseManager", abi.encode(vault, registry, SUBMIT)));
        token = new TestToken();
        vm.prank(governor);
        vault.allowToken(address(token));
    }

    function _newVault(address[] memory managers) internal returns (IVault) {
        return IVault(vm.deployCode("Vault.sol:Vault", abi.encode(governor, managers)));
    }

    function _join(address provider_, address operator_, address payout_) internal {
        vm.prank(provider_);
        registry.register(operator_, payout_, 7, "https://dc.example:8443", "eu-central");
    }

    function _fund(address account, uint256 amount) internal {
        token.mint(account, amount);
        vm.prank(account);
        token.approve(address(vault), type(uint256).max);
    }

    function _resources() internal pure returns (Resources memory r) {
        r = Resources(1000, 1024, 10_240, 100, 2, 0, A100, 0);
    }

    /// @dev 1000 * 2e9 + 1024 * 1e9 + 10240 * 1e8 + 100 * 2e9 + 2000 * 2.876e9 = 1e13, so RATE is 1e13 / 1e9 per second.
    function _prices() internal pure returns (Prices memory) {
        return Prices(2e9, 1e9, 1e8, 2e9, 2_876_000_000, 0);
    }

    function _offer() internal view returns (Offer memory o) {
        o.provider = provider;
        o.token = address(token);
        o.resources = Resources(64_000, 262_144, 1_048_576, 125_000, 8, 8, A100, keccak256("other"));
        o.prices = _prices();
        o.minCharge = MIN_CHARGE;
        o.volume = 100;
        o.noticeSeconds = NOTICE;
        o.activationSeconds = 120;
        o.expiresAt = START + 30 days;
    }

    function _request() internal view returns (Request memory r) {
        r.tenant = tenant;
        r.token = address(token);
        r.specHash = keccak256("manifest");
        r.resources = _resources();
        r.maxPrices = _prices();
        r.maxMinCharge = MIN_CHARGE;
        r.deposit = DEPOSIT;
        r.fills = 3;
        r.durationSeconds = TERM;
        r.minNoticeSeconds = 60;
        r.maxNoticeSeconds = 3600;
        r.requiredCapabilities = 5;
        r.expiresAt = START + 30 days;
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The terms that these orders give when they are matched in this block.
    function _terms(Offer memory o, Request memory r) internal view returns (Terms memory t) {
        Prices memory p = abi.decode(abi.encode(o.prices), (Prices)); // a copy: the Offer stays as it is
        if (r.resources.storageMiB == 0) p.storageMiB = 0;
        if (r.resources.egressKiBps == 0) p.egress = 0;
        if (r.resources.gpuCountA == 0) p.gpuA = 0;
        if (r.resources.gpuCountB == 0) p.gpuB = 0;
        uint40 by = uint40(block.timestamp) + o.activationSeconds;
        return Terms(
            r.tenant, o.provider, r.token, r.specHash, r.resources, p, o.minCharge, r.durationSeconds, o.noticeSeconds, SUBMIT, by
        );
    }

    /// @dev A stranger carries both signed orders to the chain, as a broker may.
    function _match(Offer memory o, Request memory r) internal returns (bytes32 leaseId, Terms memory terms) {
        bytes memory offerSignature = _sign(OPERATOR_KEY, manager.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, manager.requestHash(r));
        terms = _terms(o, r);
        vm.prank(stranger);
        leaseId = manager.matchOrders(o, offerSignature, r, requestSignature);
    }

    function _reserved() internal returns (bytes32 leaseId, Terms memory terms) {
        return _match(_offer(), _request());
    }

    function _active() internal returns (bytes32 leaseId, Terms memory terms) {
        (leaseId, terms) = _reserved();
        vm.prank(operator);
        manager.activate(leaseId, terms);
    }

    /// @dev What the default lease uses at full load in `seconds_`: priced RATE * seconds_.
    function _fullUsage(uint64 seconds_) internal pure returns (Usage memory) {
        return Usage(
            1000 * seconds_, 1024 * seconds_, 10_240 * seconds_, 100 * seconds_, 2000 * seconds_, 0
        );
    }

    function _receipt(bytes32 leaseId, uint32 seq, uint64 seconds_) internal view returns (UsageReceipt memory) {
        return UsageReceipt(leaseId, seq, uint40(block.timestamp), _fullUsage(seconds_), keccak256("samples"), false);
    }

    function _settle(Terms memory terms, UsageReceipt memory receipt) internal returns (uint96) {
        vm.prank(operator);
        return manager.settle(terms, receipt, "");
    }
}

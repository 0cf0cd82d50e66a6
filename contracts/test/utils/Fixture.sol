// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAppRegistry} from "../../src/interfaces/IAppRegistry.sol";
import {IDatacenterRegistry} from "../../src/interfaces/IDatacenterRegistry.sol";
import {IDisputeManager} from "../../src/interfaces/IDisputeManager.sol";
import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {ILens} from "../../src/interfaces/ILens.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {IParameters, Parameters, TokenParameters} from "../../src/interfaces/IParameters.sol";
import {IResultBoard} from "../../src/interfaces/IResultBoard.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {Amendment, Offer, Request, Terms, UsageReceipt} from "../../src/types/Lease.sol";
import {Builders} from "./Builders.sol";
import {TestPermit2} from "./TestPermit2.sol";
import {TestToken} from "./TestToken.sol";

/// @title One federation in a clean state: all contracts, a funded tenant, a registered and staked datacenter.
/// @dev What the default orders say is in Builders; here is what is done with them.
abstract contract Fixture is Builders {
    uint40 internal constant UNBONDING = 121 days;
    uint256 internal constant STAKE = 10_000e6;

    address internal governor = address(0x60);
    address internal guardian = address(0x61);
    address internal treasury = address(0x62);
    address internal payout = address(0x9A);
    address internal stranger = address(0x57);

    TestPermit2 internal permit2;
    IVault internal vault;
    IParameters internal parameters;
    IDatacenterRegistry internal registry;
    IAppRegistry internal apps;
    ILeaseManager internal manager;
    IMarket internal market;
    IDisputeManager internal disputes;
    IResultBoard internal results;
    ILens internal lens;

    function setUp() public virtual {
        vm.warp(START);
        _deploy();
        _join(provider, operator, payout);
        _stake(provider, STAKE);
        _fund(tenant, 10 * DEPOSIT);
        vm.prank(tenant);
        vault.deposit(address(token), tenant, 5 * DEPOSIT);
    }

    /// @dev Contracts that name each other are given addresses that follow from this account and its nonce.
    function _deploy() internal {
        permit2 = new TestPermit2();
        uint64 n = vm.getNonce(address(this));
        address[] memory managers = new address[](4);
        (managers[0], managers[1]) = (_created(n + 4), _created(n + 2));
        (managers[2], managers[3]) = (_created(n + 6), _created(n + 7));
        address[] memory judges = new address[](2);
        (judges[0], judges[1]) = (managers[2], managers[3]);

        vault = IVault(vm.deployCode("Vault.sol:Vault", abi.encode(governor, managers, permit2)));
        parameters = IParameters(_new("Parameters.sol:Parameters", abi.encode(governor, guardian, _parameters())));
        registry = IDatacenterRegistry(
            _new("DatacenterRegistry.sol:DatacenterRegistry", abi.encode(vault, managers[0], UNBONDING))
        );
        apps = IAppRegistry(_new("AppRegistry.sol:AppRegistry", ""));
        bytes memory arguments = abi.encode(vault, registry, _created(n + 5), judges, treasury);
        manager = ILeaseManager(_new("LeaseManager.sol:LeaseManager", arguments));
        market = IMarket(_new("Market.sol:Market", abi.encode(manager, registry, apps, parameters)));
        disputes = IDisputeManager(_new("DisputeManager.sol:DisputeManager", abi.encode(manager)));
        results = IResultBoard(_new("ResultBoard.sol:ResultBoard", abi.encode(manager)));
        lens = ILens(_new("Lens.sol:Lens", abi.encode(manager, registry)));
        token = new TestToken();
        _allow(address(token));
    }

    function _allow(address token_) internal {
        vm.startPrank(governor);
        vault.allowToken(token_);
        parameters.setToken(token_, _tokenParameters());
        vm.stopPrank();
    }

    function _new(string memory artifact, bytes memory arguments) internal returns (address) {
        return vm.deployCode(artifact, arguments);
    }

    function _created(uint64 nonce) internal view returns (address) {
        return vm.computeCreateAddress(address(this), nonce);
    }

    // People.

    function _join(address provider_, address operator_, address payout_) internal {
        vm.prank(provider_);
        registry.register(operator_, payout_, 7, "https://dc.example:8443", "eu-central");
    }

    function _stake(address provider_, uint256 amount) internal {
        _fund(provider_, amount);
        vm.prank(provider_);
        registry.stake(provider_, address(token), amount, "");
    }

    /// @dev One more datacenter, with a key and a payout of its own, staked as the first one.
    /// @return provider_ and its operator
    function _datacenter(uint256 number) internal returns (address provider_, address operator_) {
        provider_ = vm.addr(PROVIDER_KEY + number);
        operator_ = vm.addr(OPERATOR_KEY + number);
        _join(provider_, operator_, address(uint160(payout) + uint160(number)));
        _stake(provider_, STAKE);
    }

    /// @dev Tokens in the account's own hands, approved to the Vault.
    function _fund(address account, uint256 amount) internal {
        token.mint(account, amount);
        vm.prank(account);
        token.approve(address(vault), type(uint256).max);
    }

    function _balance(address account) internal view returns (uint256) {
        return vault.balanceOf(address(token), account);
    }

    function _locked(address who) internal view returns (uint256) {
        return vault.lockedOf(who, address(token));
    }

    // Leases.

    /// @dev A stranger carries both signed orders to the chain, as a broker may.
    function _match(Offer memory o, Request memory r) internal returns (bytes32 leaseId, Terms memory terms) {
        bytes memory offerSignature = _sign(OPERATOR_KEY, market.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, market.requestHash(r));
        terms = _terms(o, r);
        vm.prank(stranger);
        leaseId = market.matchOrders(o, offerSignature, r, requestSignature, "");
    }

    function _reserved() internal returns (bytes32 leaseId, Terms memory terms) {
        return _match(_offer(), _request());
    }

    function _active() internal returns (bytes32 leaseId, Terms memory terms) {
        return _active(_offer(), _request());
    }

    function _active(Offer memory o, Request memory r) internal returns (bytes32 leaseId, Terms memory terms) {
        (leaseId, terms) = _match(o, r);
        vm.prank(operator);
        manager.activate(leaseId, terms);
    }

    function _settle(Terms memory terms, UsageReceipt memory receipt) internal returns (uint96) {
        vm.prank(operator);
        return manager.settle(terms, receipt, "", "");
    }

    /// @dev The tenant signs too: paid at once.
    function _settleAgreed(Terms memory terms, UsageReceipt memory receipt) internal returns (uint96) {
        bytes memory signature = _sign(TENANT_KEY, manager.receiptHash(receipt));
        vm.prank(operator);
        return manager.settle(terms, receipt, "", signature);
    }

    /// @dev New terms for a lease at its next nonce, with full load until now as the reading.
    function _amendment(bytes32 leaseId, Terms memory oldTerms, Terms memory newTerms, uint32 seq, uint64 seconds_)
        internal
        view
        returns (Amendment memory a)
    {
        a.leaseId = leaseId;
        a.oldTerms = keccak256(abi.encode(oldTerms));
        a.newTerms = keccak256(abi.encode(newTerms));
        a.nonce = manager.lease(leaseId).amendments;
        a.seq = seq;
        a.through = uint40(block.timestamp);
        a.usage = _fullUsage(seconds_);
        a.expiresAt = uint40(block.timestamp) + 1 hours;
    }

    /// @dev Somebody carries it, signed by both.
    function _amend(Terms memory oldTerms, Terms memory newTerms, Amendment memory a) internal {
        bytes32 digest = manager.amendmentHash(a);
        (bytes memory byTenant, bytes memory byProvider) = (_sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest));
        vm.prank(stranger);
        manager.amend(oldTerms, newTerms, a, byTenant, byProvider);
    }
}

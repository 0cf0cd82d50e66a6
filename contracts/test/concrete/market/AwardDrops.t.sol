// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {Parameters, TokenParameters} from "../../../src/interfaces/IParameters.sol";
import {Offer, Request} from "../../../src/types/Lease.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @dev The cheapest bid no longer holds; the second one gets the lease, whatever the reason.
contract AwardDropsTest is MarketFixture {
    address private cheap;
    address private cheapOperator;
    Request private request;
    Offer[] private ranked;
    bytes32 private requested;
    bytes32 private app;

    function setUp() public override {
        super.setUp();
        (cheap, cheapOperator) = _datacenter(1);
        app = apps.register(keccak256("image"), stranger, 100, "app");
        Request memory r = _request();
        (r.fills, r.auditor, r.app) = (1, auditor, app);
        r.deposit = uint96(RESERVE + MIN_CHARGE + 10);
        request = r;
        _attest(provider, START + 30 days);
        _attest(cheap, START + 30 days);
        requested = _post(r);
        ranked.push(_bidOf(cheap, r, 1));
        ranked.push(_bidOf(provider, r, 0));
        ranked[0].startFee = 605; // cheaper by the term, and by 5 too dear once the bounty rises
        ranked[0].maxRoyaltyBps = 100;
        _bid(r, ranked[0]);
        _bid(r, ranked[1]);
        _close();
    }

    function _attest(address who, uint40 until) private {
        vm.prank(auditor);
        registry.attest(auditor, IDatacenterRegistry.Attestation(who, 5, uint40(block.timestamp), until, 0), "");
    }

    function _dropped(bytes4 reason) private {
        vm.expectEmit(address(market));
        emit IMarket.BidDropped(requested, cheap, market.offerHash(ranked[0]), reason);
        bytes32[] memory ids = market.award(request, ranked);
        vm.assertEq(ids.length, 1, "leases");
        vm.assertEq(ids[0], keccak256(abi.encode(requested, uint32(0))), "the first fill");
        vm.assertEq(registry.stakePool(cheap, address(token)).sliced, 0, "not the cheapest");
        vm.assertEq(registry.stakePool(provider, address(token)).sliced, SLICE, "the next one");
    }

    function test_NothingHappened_TheCheapestGetsIt() external {
        bytes32[] memory ids = market.award(request, ranked);
        vm.assertEq(ids.length, 1, "leases");
        vm.assertEq(registry.stakePool(provider, address(token)).sliced, 0, "not the second");
    }

    function test_NotActive() external {
        vm.prank(cheap);
        registry.setActive(false);
        _dropped(IMarket.ProviderNotActive.selector);
    }

    function test_CapabilityGone() external {
        vm.prank(cheap);
        registry.update(cheapOperator, payout, 1, "https://dc.example", "eu-central");
        _dropped(IMarket.CapabilityMissing.selector);
    }

    function test_AttestationRevoked() external {
        vm.prank(auditor);
        registry.revokeAttestation(cheap);
        _dropped(IMarket.AttestationMissing.selector);
    }

    function test_OfferCancelled() external {
        vm.prank(cheapOperator);
        market.cancelOffer(ranked[0]);
        _dropped(IMarket.OrderWasCancelled.selector);
    }

    function test_CounterRaised() external {
        vm.prank(cheap);
        market.raiseCounter();
        _dropped(IMarket.CounterStale.selector);
    }

    function test_StakeGone() external {
        uint256 shares = registry.sharesOf(cheap, address(token), cheap);
        vm.prank(cheap);
        registry.unbond(cheap, address(token), shares);
        _dropped(IDatacenterRegistry.StakeTooLow.selector);
    }

    function test_RoyaltyRaised() external {
        apps.setRoyalty(app, stranger, 101);
        _dropped(IMarket.RoyaltyAboveMaximum.selector);
    }

    function test_BountyRaised() external {
        vm.prank(governor);
        parameters.setToken(address(token), TokenParameters(DISPUTE_BOND, ARBITER_FEE, BOUNTY + 10));
        _dropped(IMarket.DepositTooLow.selector);
    }

    function test_AllDropped_MoneyComesBack() external {
        Parameters memory p = _parameters();
        p.maturitySeconds = 30 days;
        vm.prank(governor);
        parameters.set(p);
        vm.assertEq(market.award(request, ranked).length, 0, "no stake is large enough");
        vm.assertEq(market.bids(requested).length, 0, "no bids");
        vm.prank(tenant);
        market.withdrawPost(request);
        vm.assertEq(_balance(tenant), 5 * DEPOSIT, "refund");
    }

    /// @dev The new operator key stands for what the old one bid.
    function test_OperatorReplaced_BidHolds() external {
        vm.prank(cheap);
        registry.update(address(0x77), payout, 7, "https://dc.example", "eu-central");
        market.award(request, ranked);
        vm.assertEq(registry.stakePool(provider, address(token)).sliced, 0, "the cheapest");
    }
}

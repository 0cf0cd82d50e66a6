// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Amendment, CloseReason, Lease, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";
import {Wallet} from "../../utils/Wallet.sol";

contract AmendTest is LeaseFixture {
    bytes32 private id;
    Terms private terms;
    Terms private changed;

    function setUp() public override {
        super.setUp();
        (id, terms) = _active();
        vm.warp(START + 1000);
        changed = _copy(terms);
    }

    function _doubled(Terms memory t) private pure returns (Terms memory) {
        t.prices.cpu *= 2;
        t.prices.memoryMiB *= 2;
        t.prices.storageMiB *= 2;
        t.prices.egress *= 2;
        t.prices.gpuA *= 2;
        return t;
    }

    function _next(uint32 seq, uint64 seconds_) private view returns (Amendment memory) {
        return _amendment(id, terms, changed, seq, seconds_);
    }

    function _refused(Amendment memory a, bytes memory why) private {
        bytes32 digest = manager.amendmentHash(a);
        (bytes memory x, bytes memory y) = (_sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest));
        vm.expectRevert(why);
        manager.amend(terms, changed, a, x, y);
    }

    // What is refused.

    function test_RevertWhen_NotActive() external {
        (bytes32 other, Terms memory t) = _reserved();
        Amendment memory a = _amendment(other, t, t, 1, 0);
        _expectState(other, LeaseState.Reserved);
        manager.amend(t, t, a, "", "");
        _close(tenant, id, terms);
        _refused(_next(1, 0), abi.encodeWithSelector(ILeaseManager.StateWrong.selector, id, LeaseState.Closing));
    }

    function test_RevertWhen_TheReadingIsStale() external {
        _settle(terms, _receipt(id, 5, 100));
        _refused(_next(5, 100), abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, id, 5, 5));
        Amendment memory a = _next(6, 100);
        a.through = START + 999;
        _refused(a, abi.encodeWithSelector(ILeaseManager.ThroughInvalid.selector, id, START + 999));
        a.through = START + 1001;
        _refused(a, abi.encodeWithSelector(ILeaseManager.ThroughInvalid.selector, id, START + 1001));
    }

    function test_RevertWhen_TermsDiffer() external {
        bytes memory why = abi.encodeWithSelector(ILeaseManager.TermsDiffer.selector, id);
        Amendment memory a = _next(1, 100);
        a.oldTerms = "other";
        _refused(a, why);
        a = _next(1, 100);
        a.newTerms = "other";
        _refused(a, why);
        a = _next(1, 100);
        terms.prices.cpu += 1;
        _refused(a, why);
        a.leaseId = "?";
        _refused(a, abi.encodeWithSelector(ILeaseManager.LeaseUnknown.selector, bytes32("?")));
    }

    function test_RevertWhen_TheNonceIsUsed() external {
        changed.minCharge = 1;
        Amendment memory a = _next(1, 100);
        a.nonce = 1;
        _refused(a, abi.encodeWithSelector(ILeaseManager.NonceWrong.selector, id, 1, 0));
        a.nonce = 0;
        _amend(terms, changed, a);
        // Back to what was: the first one, signed by both, must not come again.
        _amend(changed, terms, _amendment(id, changed, terms, 2, 100));
        _refused(a, abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, id, 1, 2));
        a.seq = 3;
        _refused(a, abi.encodeWithSelector(ILeaseManager.NonceWrong.selector, id, 0, 2));
    }

    function test_RevertWhen_Expired() external {
        Amendment memory a = _next(1, 100);
        a.expiresAt = START + 999;
        _refused(a, abi.encodeWithSelector(ILeaseManager.AmendmentExpired.selector, id, START + 999));
        a.expiresAt = START + 1000;
        _amend(terms, changed, a);
    }

    function test_RevertWhen_OneDidNotSign() external {
        vm.prank(tenant);
        manager.setSessionKey(sessionKey, true);
        Amendment memory a = _next(1, 100);
        bytes32 digest = manager.amendmentHash(a);
        (bytes memory byTenant, bytes memory byProvider) = (_sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest));
        bytes memory bySession = _sign(SESSION_KEY, digest);
        bytes4 why = ILeaseManager.SignatureInvalid.selector;
        vm.expectRevert(abi.encodeWithSelector(why, digest, operator));
        manager.amend(terms, changed, a, byTenant, byTenant);
        vm.expectRevert(abi.encodeWithSelector(why, digest, tenant));
        manager.amend(terms, changed, a, byProvider, byProvider);
        vm.expectRevert(abi.encodeWithSelector(why, digest, tenant));
        manager.amend(terms, changed, a, bySession, byProvider); // a session key signs meters, not contracts
        vm.expectRevert(abi.encodeWithSelector(why, digest, operator));
        vm.prank(tenant);
        manager.amend(terms, changed, a, "", "");
        vm.expectRevert(abi.encodeWithSelector(why, digest, tenant));
        vm.prank(operator);
        manager.amend(terms, changed, a, "", "");
    }

    function test_RevertWhen_TheEscrowIsTooLow() external {
        uint256 left = DEPOSIT - 1000 * RATE;
        changed.noticeSeconds = uint32(left / RATE); // the bounty is too much
        bytes4 why = ILeaseManager.EscrowTooLow.selector;
        _refused(_next(1, 20_000), abi.encodeWithSelector(why, id, left, left + BOUNTY));
        changed.minCharge = uint96(1000 * RATE + 1);
        _refused(_next(1, 20_000), abi.encodeWithSelector(why, id, left, left + BOUNTY + 1));
    }

    function test_RevertWhen_TheTermIsOverOrTooLong() external {
        bytes4 why = ILeaseManager.TermOutOfRange.selector;
        changed.durationSeconds = 1000;
        _refused(_next(1, 0), abi.encodeWithSelector(why, "durationSeconds", 1000, 1001, 366 days));
        changed.durationSeconds = 366 days + 1;
        _refused(_next(1, 0), abi.encodeWithSelector(why, "durationSeconds", 366 days + 1, 1001, 366 days));
        changed.durationSeconds = 1001;
        _amend(terms, changed, _next(1, 0));
        vm.assertEq(_lease(id).endsAt, START + 1001, "endsAt");
    }

    function test_RevertWhen_PenaltyOrSliceDoNotFit() external {
        bytes4 why = ILeaseManager.TermOutOfRange.selector;
        changed.penalty = changed.slice + 1;
        _refused(_next(1, 0), abi.encodeWithSelector(why, "penalty", changed.penalty, 0, changed.slice));
        vm.prank(address(disputes));
        manager.slash(id, terms, 1e6, _nobody());
        (changed.penalty, changed.slice) = (0, 1e6 - 1);
        _refused(_next(1, 0), abi.encodeWithSelector(why, "slice", 1e6 - 1, 1e6, type(uint96).max));
        changed.slice = 1e6;
        _amend(terms, changed, _next(1, 0));
        vm.assertEq(_sliced(), 0, "all of it is slashed");
    }

    function test_RevertWhen_TheUsageIsAbsurd() external {
        changed.prices.cpu = type(uint96).max;
        Amendment memory a = _next(1, 0);
        a.usage.cpuMilliSeconds = type(uint64).max;
        uint256 worth = uint256(type(uint96).max) * type(uint64).max / 1e9;
        bytes4 why = ILeaseManager.TermOutOfRange.selector;
        _refused(a, abi.encodeWithSelector(why, "usage", worth, 0, uint128(type(int128).max)));
    }

    /// @dev Tenant and provider must not share what a sponsor pays.
    function test_Sponsored_OnlyTheSponsorSendsIt() external {
        address sponsor = address(0x5905);
        _fund(sponsor, DEPOSIT);
        terms.payer = sponsor;
        vm.warp(START);
        id = _run(terms);
        vm.warp(START + 1000);
        changed = _doubled(_copy(terms));
        Amendment memory a = _next(1, 100);
        _refused(a, abi.encodeWithSelector(ILeaseManager.NotPayer.selector, address(this), sponsor));
        bytes32 digest = manager.amendmentHash(a);
        (bytes memory x, bytes memory y) = (_sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest));
        vm.prank(sponsor);
        manager.amend(terms, changed, a, x, y);
        vm.assertEq(_lease(id).amendments, 1, "amended");
    }

    // What it does.

    function test_SettlesTheOldTerms_AsIfCountersigned() external {
        _settle(terms, _receipt(id, 1, 300));
        changed = _doubled(changed);
        Amendment memory a = _next(2, 400);
        uint96 step = uint96(100 * RATE);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseSettled(id, provider, 2, START + 1000, a.usage, 0, 4 * step, step, 4 * step, true, 0);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseAmended(id, provider, 1, changed);
        _amend(terms, changed, a);
        vm.assertEq(_balance(payout), _net(400 * RATE), "all that was pending");
        Lease memory l = _lease(id);
        vm.assertEq(l.termsHash, manager.hashTerms(changed), "terms");
        vm.assertEq(l.amendments, 1, "nonce");
        vm.assertEq(l.seq, 2, "seq");
        vm.assertTrue(l.adjusted, "adjusted");
    }

    function test_DueAndCapGoOn() external {
        changed = _doubled(changed);
        _amend(terms, changed, _next(1, 400));
        vm.warp(START + 1500);
        vm.assertEq(_settle(changed, _receipt(id, 2, 500)), 2 * 100 * RATE, "new usage at the new price");
        // Cap: 1000 s at the old rate, 500 s at the new one.
        vm.assertEq(_settle(changed, _receipt(id, 3, 50_000)), 2000 * RATE - 600 * RATE, "cap");
        _expectRevert(ILeaseManager.TermsDiffer.selector, id);
        _settle(terms, _receipt(id, 4, 500));
    }

    function test_ResourcesDown_AndUpAgain() external {
        changed.resources.gpuCountA = 0;
        changed.resources.gpuClassA = 0;
        changed.prices.gpuA = 0;
        _amend(terms, changed, _next(1, 1000));
        vm.assertEq(_lease(id).claimed, 1000 * RATE, "old terms");
        vm.warp(START + 2000);
        uint256 small = manager.rateCap(changed.prices, changed.resources, 1000);
        vm.assertEq(_settle(changed, _receipt(id, 2, 5000)), small, "without the GPUs");
        // Back to two GPUs: those that were reported in between are worth nothing.
        _amend(changed, terms, _amendment(id, changed, terms, 3, 5000));
        vm.warp(START + 3000);
        vm.assertEq(_settle(terms, _receipt(id, 4, 7000)), 1000 * RATE, "with them again");
        vm.assertEq(_lease(id).amendments, 2, "nonce");
    }

    function test_DurationExtends_AlsoAnOverdueTerm() external {
        vm.warp(START + TERM + 100);
        changed.durationSeconds = 2 * TERM;
        Amendment memory a = _next(1, TERM + 100);
        _amend(terms, changed, a);
        vm.assertEq(_lease(id).claimed, TERM * RATE, "the old term");
        vm.assertEq(_lease(id).endsAt, START + 2 * TERM, "endsAt");
        vm.warp(START + TERM + 200);
        vm.assertEq(_settle(changed, _receipt(id, 2, TERM + 200)), 100 * RATE, "not the gap between");
    }

    function test_SliceUpAndDown() external {
        changed.slice = 2 * SLICE;
        _amend(terms, changed, _next(1, 100));
        vm.assertEq(_sliced(), 2 * SLICE, "up");
        terms = changed;
        changed = _copy(terms);
        changed.slice = SLICE / 2;
        _amend(terms, changed, _next(2, 100));
        vm.assertEq(_sliced(), SLICE / 2, "down");
        _close(tenant, id, changed);
        vm.warp(START + 1001 + NOTICE + SUBMIT + 2 * MATURITY);
        _close(tenant, id, changed);
        vm.assertEq(_sliced(), 0, "freed as it is now");
    }

    function test_MinChargeNoticeAndSpec() external {
        (changed.minCharge, changed.noticeSeconds, changed.specHash) = (30e6, 60, "other");
        _amend(terms, changed, _next(1, 100));
        _expectClosing(id, CloseReason.Tenant, START + 1060);
        _close(tenant, id, changed);
        vm.warp(START + 1061 + SUBMIT);
        _expectClosed(id, CloseReason.Tenant, 30e6, DEPOSIT - 30e6, 29e6);
        _close(tenant, id, changed);
    }

    function test_SentByOneOfThem_NeedsTheOther() external {
        Amendment memory a = _next(1, 100);
        bytes32 digest = manager.amendmentHash(a);
        bytes memory byProvider = _sign(OPERATOR_KEY, digest);
        vm.prank(tenant);
        manager.amend(terms, changed, a, "", byProvider);
        a = _next(2, 100);
        bytes memory byTenant = _sign(TENANT_KEY, manager.amendmentHash(a));
        vm.prank(operator);
        manager.amend(terms, changed, a, byTenant, "");
        a = _next(3, 100);
        byTenant = _sign(TENANT_KEY, manager.amendmentHash(a));
        vm.prank(provider);
        manager.amend(terms, changed, a, byTenant, "");
        vm.assertEq(_lease(id).amendments, 3, "three");
    }

    function test_SignedByContracts() external {
        terms.tenant = address(new Wallet(vm.addr(0x0E2)));
        terms.payer = terms.tenant;
        vm.prank(tenant);
        vault.withdraw(address(token), DEPOSIT, terms.tenant);
        Wallet(terms.tenant).call(address(token), abi.encodeWithSignature("approve(address,uint256)", vault, DEPOSIT));
        vm.warp(START);
        id = _run(terms);
        vm.warp(START + 1000);
        changed = _copy(terms);
        address contractOperator = address(new Wallet(vm.addr(0x0E3)));
        vm.prank(provider);
        registry.update(contractOperator, payout, 7, "https://dc.example", "");
        Amendment memory a = _next(1, 100);
        bytes32 digest = manager.amendmentHash(a);
        manager.amend(terms, changed, a, _sign(0x0E2, digest), _sign(0x0E3, digest));
        vm.assertEq(_lease(id).amendments, 1, "amended");
    }

    function test_WhatIsInDisputeStays() external {
        _settle(terms, _receipt(id, 1, 1000));
        vm.prank(address(disputes));
        manager.freeze(id, terms, uint96(600 * RATE));
        _amend(terms, changed, _next(2, 1000));
        vm.assertEq(_lease(id).frozen, 600 * RATE, "frozen");
        vm.assertEq(_balance(payout), _net(400 * RATE), "the rest is paid");
    }
}

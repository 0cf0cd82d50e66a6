// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Amendment, CloseReason, Lease, LeaseState, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {LeaseFixture} from "../utils/LeaseFixture.sol";

/// @dev Invariants 4, 5, 6, 9 and 12 for one lease and any sequence of what can happen to it. The test keeps books of its own:
/// what was put in, what the reserved capacity could cost over the active seconds at the prices of each moment.
contract ClaimsFuzz is LeaseFixture {
    bytes32 private id;
    Terms private terms;
    uint256 private funded;
    uint256 private bounties;
    uint256 private capBefore; // of the terms that are over
    uint40 private capSince; // when those of now began
    uint256 private sliceGone;
    uint32 private seq;

    function testFuzz_05_ClaimedIsWithinTheCap(uint256 seed) external {
        terms = _default();
        (terms.royaltyTo, terms.royaltyBps) = (author, uint16(_word(seed, 1) % 3001));
        (terms.startFee, terms.minCharge) = (uint96(_word(seed, 2) % 2e6), uint96(_word(seed, 3) % 3e6));
        if (_word(seed, 4) % 4 == 0) terms.maturitySeconds = 0;
        funded = RESERVE + _word(seed, 5) % 200e6;
        id = _run(terms, uint96(funded));
        (capSince, capBefore) = (START, terms.startFee);
        uint256 paidBefore;
        for (uint256 k = 0; k < 24; ++k) {
            vm.warp(block.timestamp + _word(seed, 100 + k) % (k % 3 == 0 ? 3 hours : 20 minutes));
            _step(_word(seed, 200 + k));
            _check(paidBefore);
            paidBefore = _paid(id);
        }
        _finish();
    }

    function _step(uint256 word) private {
        uint256 what = word % 12;
        word >>= 8;
        LeaseState state = _lease(id).state;
        bool open = state == LeaseState.Active || state == LeaseState.Closing;
        if (what < 4 && open) {
            UsageReceipt memory receipt = _any(word);
            if (what == 0) _settleAgreed(terms, receipt);
            else _settle(terms, receipt);
        } else if (what == 4 && state != LeaseState.Closed) {
            funded += 1e6;
            vm.prank(tenant);
            manager.topUp(id, terms, 1e6, "");
        } else if (what == 5) {
            vm.prank(address(disputes));
            manager.freeze(id, terms, uint96(word % 20e6));
        } else if (what == 6) {
            uint96 frozen = _lease(id).frozen;
            uint96 toProvider = uint96(word % (uint256(frozen) + 1));
            uint96 toPayer = uint96((word >> 100) % (uint256(frozen) - toProvider + 1));
            vm.prank(address(disputes));
            manager.rule(id, terms, toProvider, toPayer);
        } else if (what == 7) {
            try manager.collect(id, terms) {} catch {}
        } else if (what == 8 && state == LeaseState.Active) {
            _change(word);
        } else if (what == 9 && word % 3 == 0) {
            _tryClose([tenant, operator, stranger][word % 7 % 3]);
        } else if (what == 10) {
            vm.prank(address(disputes));
            sliceGone += manager.slash(id, terms, uint96(word % 5e6), _nobody());
        } else if (what == 11 && seq != 0) {
            UsageReceipt memory receipt = _any(word);
            vm.prank(tenant);
            try manager.countersign(terms, receipt, "") {} catch {}
        }
    }

    /// @dev Honest, inflated, falling, down; now and then final.
    function _any(uint256 word) private returns (UsageReceipt memory receipt) {
        uint64 active = uint64(block.timestamp - START);
        receipt = _receipt(id, ++seq, word % 5 == 0 ? 100 * active : uint64((word >> 8) % (active + 1)));
        receipt.downSeconds = (word >> 80) % 3 == 0 ? uint32((word >> 90) % (active + 1)) : 0;
        receipt.isFinal = (word >> 140) % 8 == 0;
    }

    function _tryClose(address caller) private {
        uint256 before = _balance(stranger);
        vm.prank(caller);
        try manager.close(id, terms, CloseReason.None) {} catch {}
        bounties += _balance(stranger) - before;
    }

    /// @dev Other prices from now on, if the escrow has the reserve for them.
    function _change(uint256 word) private {
        Terms memory changed = _copy(terms);
        changed.prices.cpu = uint96(word % 8e9);
        changed.resources.cpuMilli = uint32((word >> 40) % 3000);
        changed.noticeSeconds = uint32((word >> 80) % 900);
        changed.slice = uint96(terms.slice + (word >> 120) % 1e6);
        uint256 cap = _cap();
        Amendment memory a = _amendment(id, terms, changed, seq + 1, uint64(block.timestamp - START) / 2);
        bytes32 digest = manager.amendmentHash(a);
        (bytes memory x, bytes memory y) = (_sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest));
        try manager.amend(terms, changed, a, x, y) {
            (terms, capBefore, capSince) = (changed, cap, uint40(block.timestamp));
            ++seq;
        } catch {}
    }

    /// @dev What can have been claimed by now: each stretch at its rate, plus one unit of rounding for each change.
    function _cap() private view returns (uint256) {
        uint256 ends = _lease(id).endsAt;
        uint256 until = block.timestamp < ends ? block.timestamp : ends;
        if (until < capSince) return capBefore;
        return capBefore + manager.rateCap(terms.prices, terms.resources, until - capSince) + 1;
    }

    function _check(uint256 paidBefore) private view {
        Lease memory l = _lease(id);
        uint256 paid = _paid(id);
        vm.assertGe(paid, paidBefore, "04: paid never falls");
        vm.assertLe(paid, funded, "04: nor exceeds what was put in");
        uint256 most = _cap() > terms.minCharge ? _cap() : terms.minCharge;
        vm.assertLe(l.claimed, most, "05: cap, or the minimum charge");
        uint256 held = uint256(l.escrow) + l.pendingOld + l.pendingNew + l.frozen;
        vm.assertEq(_locked(address(manager)), held, "02: locked");
        uint256 split = _balance(payout) + _balance(author) + _balance(treasury);
        vm.assertEq(split, paid, "06: shares sum to the gross");
        if (l.state != LeaseState.Closed) {
            vm.assertEq(uint256(l.escrow) + l.claimed - l.disallowed + bounties, funded, "03: all is somewhere");
        } else {
            vm.assertEq(l.escrow, 0, "09: closed");
        }
        if (l.pendingOld + l.pendingNew + l.frozen != 0 || l.state != LeaseState.Closed) {
            vm.assertFalse(l.sliceFreed, "12: the slice stands");
            vm.assertEq(_sliced(), terms.slice - l.slashed, "12: slashed out of it");
        }
    }

    /// @dev Invariant 10: from wherever it is, a few calls of strangers empty it.
    function _finish() private {
        uint96 frozen = _lease(id).frozen;
        vm.prank(address(disputes));
        manager.rule(id, terms, frozen, 0);
        vm.warp(block.timestamp + 2 * TERM);
        if (_lease(id).state == LeaseState.Active) _tryClose(stranger);
        vm.warp(block.timestamp + NOTICE + SUBMIT + 2 * MATURITY + 301);
        if (_lease(id).state == LeaseState.Closing) _tryClose(stranger);
        try manager.collect(id, terms) {} catch {}
        vm.assertEq(uint256(_lease(id).state), uint256(LeaseState.Closed), "10: closed");
        vm.assertEq(_locked(address(manager)), 0, "10: nothing is left");
        vm.assertEq(_sliced(), 0, "10: nor of the slice");
        vm.assertTrue(_lease(id).sliceFreed, "10: which is free");
    }

    function _word(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i)));
    }
}

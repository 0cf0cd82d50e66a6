// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Prices, Settlement, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {LeaseFixture} from "../utils/LeaseFixture.sol";

/// @dev Invariants 7 and 14: it does not matter in which portions usage is settled.
contract SettlementFuzz is LeaseFixture {
    function _leaseOf(uint256 seed) private returns (bytes32 id, Terms memory terms) {
        terms = _default();
        // Small odd prices: every slice has a remainder.
        terms.prices = Prices(
            uint96(_word(seed, 1) % 1e6),
            uint96(_word(seed, 2) % 1e6),
            uint96(_word(seed, 3) % 1e5),
            uint96(_word(seed, 4) % 1e6),
            uint96(_word(seed, 5) % 1e6),
            0
        );
        (terms.royaltyTo, terms.royaltyBps) = (author, uint16(_word(seed, 6) % 3001));
        (terms.downtimeBps, terms.startFee) = (uint16(_word(seed, 7) % 10_001), uint96(_word(seed, 8) % 1e4));
        (terms.slice, terms.penalty) = (1e6, 1e5);
        id = _run(terms);
    }

    function testFuzz_07_SlicesPayWhatOneReceiptPays(uint256 seed, uint256 slices) external {
        slices = bound(slices, 1, 12);
        (bytes32 sliced, Terms memory terms) = _leaseOf(seed);
        bytes32 whole = _run(terms);
        Usage memory u;
        uint256 now_ = START;
        for (uint32 k = 1; k <= slices; ++k) {
            uint64 step = uint64(1 + _word(seed, 100 + k) % 600);
            now_ += step;
            vm.warp(now_);
            // At most what is reserved, so that no cap binds.
            u.cpuMilliSeconds += uint64(_word(seed, 200 + k) % (1000 * step + 1));
            u.memoryMiBSeconds += uint64(_word(seed, 300 + k) % (1024 * step + 1));
            u.storageMiBSeconds += uint64(_word(seed, 400 + k) % (10_240 * step + 1));
            u.egressKiB += uint64(_word(seed, 500 + k) % (100 * step + 1));
            u.gpuMilliSecondsA += uint64(_word(seed, 600 + k) % (2000 * step + 1));
            UsageReceipt memory receipt = UsageReceipt(sliced, k, uint40(now_), u, 0, 0, false);
            if (_word(seed, 700 + k) % 3 == 0) _settleAgreed(terms, receipt);
            else _settle(terms, receipt);
        }
        _settle(terms, UsageReceipt(whole, 1, uint40(now_), u, 0, 0, false));
        uint256 worth = manager.due(terms, u, 0);
        vm.assertEq(manager.lease(sliced).claimed, worth, "slices");
        vm.assertEq(manager.lease(whole).claimed, worth, "usage at its price");
        vm.warp(now_ + 2 * MATURITY);
        if (_pending(sliced) != 0) _collect(sliced, terms);
        vm.assertEq(_paid(sliced), worth, "paid in the end");
    }

    function testFuzz_14_BatchIsLikeSingleCalls(uint256 seed) external {
        Settlement[] memory items = new Settlement[](8);
        bytes32[] memory ids = new bytes32[](4);
        Terms[] memory terms = new Terms[](4);
        for (uint256 i = 0; i < 4; ++i) {
            (ids[i], terms[i]) = _leaseOf(_word(seed, i));
        }
        vm.warp(START + 1000);
        _close(seed % 2 == 0 ? tenant : operator, ids[0], terms[0]);
        vm.warp(START + 1000 + _word(seed, 99) % 2 * 2 hours);
        if (_word(seed, 98) % 2 == 0) {
            vm.prank(address(disputes));
            manager.slash(ids[0], terms[0], uint96(_word(seed, 97) % 1e6), _nobody());
        }
        for (uint256 k = 0; k < 8; ++k) {
            items[k] = _item(ids, terms, _word(seed, 700 + k));
        }

        uint256 snapshot = vm.snapshotState();
        vm.prank(operator);
        manager.settleMany(items);
        bytes32 batch = _books(ids);
        vm.revertToState(snapshot);
        for (uint256 k = 0; k < 8; ++k) {
            vm.prank(operator);
            try manager.settle(items[k].terms, items[k].receipt, "", items[k].tenantSignature) {} catch {}
        }
        vm.assertEq(_books(ids), batch, "books");
    }

    /// @dev Good, countersigned, replayed, of another's terms, from the future, unknown: whatever comes.
    function _item(bytes32[] memory ids, Terms[] memory terms, uint256 word) private view returns (Settlement memory) {
        uint256 i = word % 4;
        UsageReceipt memory receipt = _receipt(ids[i], uint32(word >> 8) % 5, uint64(word >> 16) % 2000);
        receipt.through = uint40(START + (word >> 24) % 1002);
        receipt.isFinal = (word >> 40) % 4 == 0;
        if ((word >> 48) % 16 == 0) receipt.leaseId = bytes32("?");
        bytes memory signature;
        if ((word >> 64) % 3 == 0) signature = _agree((word >> 72) % 4 == 0 ? SESSION_KEY : TENANT_KEY, receipt);
        return Settlement(terms[(word >> 56) % 8 == 0 ? (i + 1) % 4 : i], receipt, signature);
    }

    function _books(bytes32[] memory ids) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                manager.leases(ids),
                _balance(payout),
                _balance(tenant),
                _balance(author),
                _balance(treasury),
                _locked(address(manager)),
                registry.stakePool(provider, address(token))
            )
        );
    }

    function _word(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i)));
    }
}

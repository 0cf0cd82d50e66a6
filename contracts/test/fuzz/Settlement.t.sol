// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Offer, Prices, Request, Settlement, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {Fixture} from "../utils/Fixture.sol";

/// @dev Invariants 7 and 14: it does not matter in which portions usage is settled.
contract SettlementFuzz is Fixture {
    function _lease(uint256 seed) private returns (bytes32 id, Terms memory terms) {
        (Offer memory o, Request memory r) = (_offer(), _request());
        // Small odd prices: every slice has a remainder.
        o.prices = Prices(
            uint96(_word(seed, 1) % 1e6), uint96(_word(seed, 2) % 1e6), uint96(_word(seed, 3) % 1e5), uint96(_word(seed, 4) % 1e6), uint96(_word(seed, 5) % 1e6), 0
        );
        r.maxPrices = Prices(1e6, 1e6, 1e6, 1e6, 1e6, 0);
        (id, terms) = _match(o, r);
        vm.prank(operator);
        manager.activate(id, terms);
    }

    function testFuzz_07_SlicesPayWhatOneReceiptPays(uint256 seed, uint256 slices) external {
        slices = bound(slices, 1, 12);
        (bytes32 sliced, Terms memory terms) = _lease(seed);
        (bytes32 whole,) = _lease(seed);
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
            _settle(terms, UsageReceipt(sliced, k, uint40(now_), u, 0, false));
        }
        _settle(terms, UsageReceipt(whole, 1, uint40(now_), u, 0, false));
        vm.assertEq(manager.lease(sliced).paid, manager.lease(whole).paid, "slices");
        vm.assertEq(manager.lease(whole).paid, manager.price(terms.prices, u), "usage at its price");
    }

    function testFuzz_14_BatchIsLikeSingleCalls(uint256 seed) external {
        Settlement[] memory items = new Settlement[](6);
        bytes32[] memory ids = new bytes32[](3);
        Terms[] memory terms = new Terms[](3);
        for (uint256 i = 0; i < 3; ++i) (ids[i], terms[i]) = _lease(_word(seed, i));
        vm.warp(START + 1000);
        if (seed % 2 == 0) {
            vm.prank(tenant);
            manager.close(ids[0], terms[0]);
        }
        for (uint256 k = 0; k < 6; ++k) items[k] = _item(ids, terms, _word(seed, 700 + k));

        uint256 snapshot = vm.snapshotState();
        vm.prank(operator);
        manager.settleMany(items);
        bytes32 batch = _books(ids);
        vm.revertToState(snapshot);
        for (uint256 k = 0; k < 6; ++k) {
            vm.prank(operator);
            try manager.settle(items[k].terms, items[k].receipt, "") {} catch {}
        }
        vm.assertEq(_books(ids), batch, "books");
    }

    /// @dev Good, replayed, of another's terms, from the future, unknown: whatever comes.
    function _item(bytes32[] memory ids, Terms[] memory terms, uint256 word) private view returns (Settlement memory) {
        uint256 i = word % 3;
        UsageReceipt memory receipt = _receipt(ids[i], uint32(word >> 8) % 4, uint64(word >> 16) % 2000);
        receipt.through = uint40(START + (word >> 24) % 1002);
        receipt.isFinal = (word >> 40) % 4 == 0;
        if ((word >> 48) % 16 == 0) receipt.leaseId = bytes32("?");
        return Settlement(terms[(word >> 56) % 8 == 0 ? (i + 1) % 3 : i], receipt);
    }

    function _books(bytes32[] memory ids) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                manager.leases(ids),
                vault.balanceOf(address(token), payout),
                vault.balanceOf(address(token), tenant),
                vault.lockedOf(address(manager), address(token))
            )
        );
    }

    function _word(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i)));
    }
}

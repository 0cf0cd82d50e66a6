// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {Lease, LeaseState, Terms} from "../../src/types/Lease.sol";
import {Test} from "../utils/Test.sol";
import {TestToken} from "../utils/TestToken.sol";
import {Handler} from "./Handler.sol";

/// @dev In words: README.md of this folder.
contract FederationInvariants is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;
    ILeaseManager private manager;
    IVault private vault;

    function setUp() external {
        handler = new Handler();
        handler.setUp();
        (manager, vault) = handler.contracts();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory chosen) {
        chosen = new FuzzSelector[](1);
        bytes4[] memory s = new bytes4[](12);
        (s[0], s[1], s[2]) = (Handler.wait.selector, Handler.deposit.selector, Handler.withdraw.selector);
        (s[3], s[4], s[5]) = (Handler.matchOrders.selector, Handler.cancel.selector, Handler.activate.selector);
        (s[6], s[7], s[8]) = (Handler.refuse.selector, Handler.topUp.selector, Handler.settle.selector);
        (s[9], s[10], s[11]) = (Handler.settleMany.selector, Handler.close.selector, Handler.arm.selector);
        chosen[0] = FuzzSelector(address(handler), s);
    }

    function invariant_01_02_03_TheVaultHoldsWhatTheBooksSay() external view {
        for (uint256 t = 0; t < 2; ++t) {
            address token = handler.tokens(t);
            uint256 held = TestToken(token).balanceOf(address(vault));
            uint256 locked = vault.lockedOf(address(manager), token);
            uint256 balances;
            for (uint256 i = 0; i < 8; ++i) balances += vault.balanceOf(token, handler.accounts(i));
            uint256 escrows;
            for (uint256 i = 0; i < handler.count(); ++i) {
                (, Terms memory terms, Lease memory l) = handler.entry(i);
                if (terms.token == token) escrows += l.escrow;
            }
            vm.assertEq(held, balances + locked, "1: held");
            vm.assertEq(locked, escrows, "2: locked");
            vm.assertEq(handler.deposited(token) - handler.withdrawn(token), held, "3: deposits and withdrawals");
        }
    }

    function invariant_04_05_09_EveryLeaseKeepsItsWord() external view {
        for (uint256 i = 0; i < handler.count(); ++i) {
            (Handler.Known memory k, Terms memory terms, Lease memory l) = handler.entry(i);
            uint256 lived = l.activatedAt == 0 ? 0 : _min(block.timestamp, l.endsAt) - l.activatedAt;
            uint256 cap = manager.rateCap(terms.prices, terms.resources, lived);
            if (l.state == LeaseState.Closed) {
                vm.assertEq(l.escrow, 0, "9: escrow of a closed lease");
                vm.assertEq(keccak256(abi.encode(l)), k.closedAs, "9: a closed lease changed");
                vm.assertLe(l.paid, k.funded, "4: paid more than was put in");
                if (cap < terms.minCharge && l.activatedAt != 0) cap = terms.minCharge;
            } else {
                vm.assertEq(uint256(l.paid) + l.escrow, k.funded, "4: paid + escrow");
            }
            vm.assertLe(l.paid, cap, "5: rate cap");
        }
    }

    function invariant_11_NoOrderIsFilledAboveItsVolume() external view {
        for (uint256 i = 0; i < handler.orderCount(); ++i) {
            bytes32 order = handler.orders(i);
            vm.assertLe(manager.filled(order), handler.volumeOf(order), "11: filled");
        }
    }

    function afterInvariant() external {
        handler.unwind();
        for (uint256 t = 0; t < 2; ++t) {
            address token = handler.tokens(t);
            vm.assertEq(vault.lockedOf(address(manager), token), 0, "10: locked");
            vm.assertEq(TestToken(token).balanceOf(address(vault)), 0, "10: something stays for ever");
        }
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}

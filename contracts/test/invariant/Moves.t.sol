// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "../utils/Test.sol";
import {Handler} from "./Handler.sol";
import {Moves} from "./Moves.sol";

/// @dev Refused moves are fine in a run, so a move that is always refused would go unseen, and what it leads to untested. Here
/// runs of the same moves with numbers of our own are counted: whatever the campaign draws, each move can get through.
contract MovesTest is Test {
    uint256 private constant RUNS = 40;
    uint256 private constant DEPTH = 100;
    /// @dev In hundredths of the tries.
    uint256 private constant LEAST = 2;

    function test_EveryMoveGetsThrough() external {
        vm.pauseGasMetering(); // all runs together are more than a transaction may cost here
        Moves moves = new Moves();
        bytes4[] memory drawn = moves.drawn();
        uint256[] memory tried = new uint256[](moves.COUNT());
        uint256[] memory done = new uint256[](moves.COUNT());
        for (uint256 run = 0; run < RUNS; ++run) _run(moves, drawn, run, tried, done);
        string memory rare;
        for (uint256 i = 0; i < done.length; ++i) {
            if (done[i] * 100 >= tried[i] * LEAST && done[i] != 0) continue;
            rare = string.concat(rare, " ", moves.get(i).name, ": ", vm.toString(done[i]), " of ", vm.toString(tried[i]));
        }
        vm.assertEq(rare, "", "moves that hardly ever get through");
    }

    function _run(Moves moves, bytes4[] memory drawn, uint256 run, uint256[] memory tried, uint256[] memory done) private {
        Handler handler = new Handler();
        handler.setUp();
        for (uint256 i = 0; i < DEPTH; ++i) {
            bytes32 seed = keccak256(abi.encode(run, i));
            bytes4 move = drawn[uint256(seed) % drawn.length];
            (bool ok,) = address(handler).call(abi.encodePacked(move, _word(seed, 0), _word(seed, 1), _word(seed, 2), _word(seed, 3), _word(seed, 4)));
            vm.assertTrue(ok, "a move must not fail");
            for (uint256 k = 0; k < tried.length; ++k) {
                if (moves.get(k).selector == move) ++tried[k];
            }
        }
        for (uint256 k = 0; k < done.length; ++k) done[k] += handler.succeeded(moves.get(k).selector);
    }

    function _word(bytes32 seed, uint256 which) private pure returns (bytes32) {
        return keccak256(abi.encode(seed, which));
    }
}
